// The version of the software that wrote a file: 64 bytes of printable ASCII, zeros behind it. For
// people only; no decision depends on it.

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';

export const versionTextSizeBytes = 64;

export function putVersionText(area: ByteView, offsetBytes: number, text: string): void {
  assert(/^[\x20-\x7e]{0,64}$/.test(text), 'software version is not 64 characters of ASCII');
  assert(area.holds(offsetBytes, versionTextSizeBytes), 'no room for the software version');
  area.bytes.fill(0, offsetBytes, offsetBytes + versionTextSizeBytes);
  for (let at = 0; at < text.length; at += 1) {
    area.bytes[offsetBytes + at] = text.charCodeAt(at);
  }
}

/** Whatever does not print becomes a question mark: it goes to logs and terminals. */
export function getVersionText(area: ByteView, offsetBytes: number): string {
  assert(area.holds(offsetBytes, versionTextSizeBytes), 'software version ends behind the bytes');
  const bytes = area.bytes.subarray(offsetBytes, offsetBytes + versionTextSizeBytes);
  const end = bytes.indexOf(0);
  return Array.from(end === -1 ? bytes : bytes.subarray(0, end), (byte) =>
    byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '?',
  ).join('');
}
