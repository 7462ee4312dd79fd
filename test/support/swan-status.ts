// What a header block of the engine says about a call: decoded once, then known by its bytes.

import { HpackDecoder } from '../../src/http2/hpack-decoder.ts';

const statusByBlock = new Map<string, string>();
const statusesMax = 10_000;

/**
 * `0`, `14 VAULT_FULL` or `http 404`; undefined in a block without a status. The engine's blocks
 * never refer to earlier ones.
 */
export function statusOf(encoded: Buffer): string | undefined {
  const key = encoded.toString('latin1');
  const known = statusByBlock.get(key);
  if (known !== undefined) return known || undefined;
  const fields = new Map<string, string>();
  const sink = { field: (name: string, value: string) => void fields.set(name, value) };
  new HpackDecoder().decode(encoded, 0, encoded.length, sink);
  const grpc = fields.get('grpc-status');
  const message = fields.get('grpc-message');
  const code = message === undefined ? undefined : /^[A-Z0-9_]+/.exec(decodeURIComponent(message));
  const http = fields.get(':status');
  let status = '';
  if (grpc !== undefined)
    status = code === null || code === undefined ? grpc : `${grpc} ${code[0]}`;
  else if (http !== undefined && http !== '200') status = `http ${http}`;
  if (statusByBlock.size < statusesMax) statusByBlock.set(key, status);
  return status || undefined;
}
