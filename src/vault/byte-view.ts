// One buffer seen as bytes and as fields. Made once per buffer: a view for each access would be
// garbage on the hot path.

import { assert } from '../assert.ts';

export class ByteView {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Does it hold this many bytes from there? */
  holds(offsetBytes: number, sizeBytes: number): boolean {
    assert(Number.isSafeInteger(offsetBytes) && offsetBytes >= 0, 'offset is not a place');
    return offsetBytes + sizeBytes <= this.bytes.length;
  }

  isZero(fromBytes: number, toBytes: number): boolean {
    assert(toBytes <= this.bytes.length, 'range ends behind the bytes');
    for (let at = fromBytes; at < toBytes; at += 1) if (this.bytes[at] !== 0) return false;
    return true;
  }
}
