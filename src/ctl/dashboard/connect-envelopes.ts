// The envelopes that Connect puts the messages of a stream into: a byte of flags, four of length
// (big-endian), JSON. The last one has the flag 2 and says how the stream ended.

const headSizeBytes = 5;
const compressedFlag = 1;
const endFlag = 2;

export interface Envelope {
  readonly isEnd: boolean;
  /** JSON. */
  readonly text: string;
}

export function enveloped(message: Buffer): Buffer {
  const head = Buffer.alloc(headSizeBytes);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Takes bytes as they come and gives the envelopes that are whole. */
export class EnvelopeReader {
  readonly #sizeBytesMax: number;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(sizeBytesMax: number) {
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** Throws when what comes are no envelopes, or one is too large. */
  read(chunk: Buffer): Envelope[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const envelopes: Envelope[] = [];
    while (this.#bytes.length >= headSizeBytes) {
      const flags = this.#bytes.readUInt8(0);
      const sizeBytes = this.#bytes.readUInt32BE(1);
      if (flags !== 0 && flags !== endFlag) {
        throw new Error((flags & compressedFlag) !== 0 ? 'compressed' : `flags ${flags}`);
      }
      if (sizeBytes > this.#sizeBytesMax) throw new Error(`a message of ${sizeBytes} bytes`);
      const endBytes = headSizeBytes + sizeBytes;
      if (this.#bytes.length < endBytes) break;
      const text = this.#bytes.toString('utf8', headSizeBytes, endBytes);
      envelopes.push({ isEnd: flags === endFlag, text });
      this.#bytes = this.#bytes.subarray(endBytes);
    }
    return envelopes;
  }
}
