// One gRPC request from Node, which sees what h2load does not: the gRPC status of the answer.

import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import type { CertificateFiles } from '../../test/support/certificates.ts';
import { grpcLogsPath } from './logs-path.ts';

/** Rejects unless the answer to the frame in `bodyPath` is OK. */
export async function expectOk(
  port: number,
  bodyPath: string,
  files: CertificateFiles,
): Promise<void> {
  const client = connect(`https://localhost:${port}`, {
    ca: readFileSync(files.ca),
    cert: readFileSync(files.clientCert),
    key: readFileSync(files.clientKey),
  });
  try {
    const status = await grpcStatus(client, readFileSync(bodyPath));
    if (status !== '0') throw new Error(`grpc-status ${status} for ${bodyPath}`);
  } finally {
    client.destroy();
  }
}

function grpcStatus(client: ReturnType<typeof connect>, body: Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  client.on('error', reject);
  const stream = client.request({
    ...{ ':method': 'POST', ':path': grpcLogsPath },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  let status = 'missing';
  const keep = (fields: Readonly<Record<string, unknown>>) => {
    if (fields['grpc-status'] !== undefined) status = String(fields['grpc-status']);
  };
  stream.on('response', keep); // an answer without a message has its status here
  stream.on('trailers', keep);
  stream.on('error', reject);
  stream.on('close', () => resolve(status));
  stream.resume();
  stream.end(body);
  return promise;
}
