// grpcurl, which calls procedures by name: it learns from reflection what there is. Built from its
// Go module (grpc-go inside).

import { modulesGoProgram } from './go-program.ts';
import { type EndedRun, runToAnyEnd } from './run-to-end.ts';

export interface GrpcurlOptions {
  /** host:port. */
  readonly address: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Flags before the address. */
  readonly flags?: readonly string[];
  /** What stands behind the address: a procedure, `list`, `describe` and a symbol. */
  readonly words: readonly string[];
}

/** Exit code 0, or 64 and the status of gRPC. */
export async function runGrpcurl(options: GrpcurlOptions): Promise<EndedRun> {
  const { address, ca, cert, key, flags = [], words } = options;
  return runToAnyEnd({
    name: 'grpcurl',
    command: await modulesGoProgram({
      module: 'github.com/fullstorydev/grpcurl',
      version: '1.9.3',
      folder: 'cmd/grpcurl',
    }),
    args: ['-cacert', ca, '-cert', cert, '-key', key, ...flags, address, ...words],
  });
}
