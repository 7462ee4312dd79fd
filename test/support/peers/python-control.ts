// A client of the control port in Python (gRPC's C core): python-control.py, in a virtual
// environment of its own.

import { pythonWith } from './python-environment.ts';
import { runToEnd } from './run-to-end.ts';

const grpcVersion = '1.85.1';

export interface PythonCall {
  /** host:port. */
  readonly address: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** package.Service/Method, or `list`. */
  readonly procedure: string;
  readonly request?: object;
  /** Answers of a stream that are enough; default 1. */
  readonly count?: number;
}

/** Answers as JSON has them; of a call that fails an object with `code` and `details`. */
export async function runPythonCall(options: PythonCall): Promise<ReturnType<typeof JSON.parse>[]> {
  const { address, ca, cert, key, procedure, request = {}, count = 1 } = options;
  const lines = await runToEnd({
    name: 'Python client of the control port',
    command: await pythonWith(`python-control-${grpcVersion}`, [
      `grpcio==${grpcVersion}`,
      `grpcio-reflection==${grpcVersion}`,
    ]),
    args: [
      new URL('./python-control.py', import.meta.url).pathname,
      ...[address, ca, cert, key, procedure, JSON.stringify(request), String(count)],
    ],
  });
  // gRPC's core may have something to say on stderr.
  return lines.filter((line) => /^[[{]/.test(line)).map((line) => JSON.parse(line));
}
