// What an operator can do about a port that cannot be had: see who has it, and choose another.

import type { Config } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';

/** The same error with a hint, if it is of a port of this configuration; any other as it is. */
export function withPortHint(error: unknown, config: Config): unknown {
  if (!(error instanceof GopherShipError) || error.code !== 'PORT_TAKEN') return error;
  // Of listen(); a thread's error has none.
  const { code, port } = (error.cause ?? {}) as NodeJS.ErrnoException & { port?: number };
  const { grpc, http } = config.receivers;
  const endpoints = {
    'receivers.otlp.protocols.grpc.endpoint': grpc,
    'receivers.otlp.protocols.http.endpoint': http,
    'control.endpoint': config.control,
  };
  for (const [key, endpoint] of Object.entries(endpoints)) {
    if (endpoint === undefined || endpoint.port !== port) continue;
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    const another = `\`--set ${key}=${host}:0\` takes any that is free`;
    const owner = code === 'EADDRINUSE' ? `\`ss -ltnp sport = :${port}\` shows who has it; ` : '';
    const text = `${error.message}\nhint: ${owner}${another}`;
    return new GopherShipError(error.code, text, { cause: error.cause });
  }
  return error;
}
