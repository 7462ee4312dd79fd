// RFC 7541 read section by section, with lists and patterns and no thought of speed: what
// HpackDecoder must agree with on any bytes.

import { DecodeStatus, decodedBlockSizeBytesMax } from '../../src/http2/hpack-decoder.ts';
import { huffmanBits, huffmanCodes } from '../../src/http2/hpack-huffman.ts';
import { staticEntries } from '../../src/http2/hpack-static-table.ts';
import type { DecodedField } from './field-list.ts';

type Entry = readonly [name: string, value: string];

/** Thrown by whatever finds it, caught by decode(). */
class Fault {
  readonly status: DecodeStatus;

  constructor(status: DecodeStatus) {
    this.status = status;
  }
}

export class HpackModel {
  readonly #tableSizeBytesLimit: number;
  #tableSizeBytesMax: number;
  /** Newest first. */
  #table: Entry[] = [];
  #block: Uint8Array = new Uint8Array(0);
  #at = 0;
  #decodedSizeBytes = 0;

  constructor(tableSizeBytesLimit: number) {
    this.#tableSizeBytesLimit = tableSizeBytesLimit;
    this.#tableSizeBytesMax = tableSizeBytesLimit;
  }

  get tableEntryCount(): number {
    return this.#table.length;
  }

  get tableSizeBytes(): number {
    return this.#table.reduce((sum, entry) => sum + sizeOf(entry), 0);
  }

  decode(block: Uint8Array): { status: DecodeStatus; fields: DecodedField[] } {
    this.#block = block;
    this.#at = 0;
    this.#decodedSizeBytes = 0;
    const fields: DecodedField[] = [];
    try {
      let updates = 0;
      while (this.#at < block.length) {
        const first = block[this.#at]!; // inside: checked
        if (first >= 0x20 && first < 0x40) {
          updates += 1;
          if (fields.length > 0 || updates > 2) throw new Fault(DecodeStatus.CompressionError);
          this.#resize();
        } else {
          const [name, value] = first >= 0x80 ? this.#indexed() : this.#literal(first);
          fields.push([name, value, isWellFormed(name, value)]);
        }
      }
      return { status: DecodeStatus.Ok, fields };
    } catch (fault) {
      if (fault instanceof Fault) return { status: fault.status, fields };
      throw fault;
    }
  }

  #resize(): void {
    const sizeBytes = this.#integer(5);
    if (sizeBytes > this.#tableSizeBytesLimit) throw new Fault(DecodeStatus.CompressionError);
    this.#tableSizeBytesMax = sizeBytes;
    this.#evict();
  }

  #indexed(): Entry {
    const entry = this.#entry(this.#integer(7));
    this.#count(sizeOf(entry));
    return entry;
  }

  #literal(first: number): Entry {
    const indexing = first >= 0x40;
    const index = this.#integer(indexing ? 6 : 4);
    this.#count(32);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    if (index !== 0) this.#count(name.length);
    const entry = [name, this.#string()] as const;
    if (indexing) this.#table.unshift(entry);
    this.#evict();
    return entry;
  }

  #evict(): void {
    while (this.tableSizeBytes > this.#tableSizeBytesMax) this.#table.pop();
  }

  #entry(index: number): Entry {
    if (index >= 1 && index <= 61) return [staticEntries[index]!.name, staticEntries[index]!.value];
    const entry = this.#table[index - 62];
    if (entry === undefined) throw new Fault(DecodeStatus.CompressionError);
    return entry;
  }

  #string(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (this.#at + length > this.#block.length) throw new Fault(DecodeStatus.CompressionError);
    const bytes = this.#block.slice(this.#at, this.#at + length);
    this.#at += length;
    const text = Buffer.from(isHuffman ? unhuffman(bytes) : bytes).toString('latin1');
    this.#count(text.length);
    return text;
  }

  #count(sizeBytes: number): void {
    this.#decodedSizeBytes += sizeBytes;
    if (this.#decodedSizeBytes > decodedBlockSizeBytesMax) throw new Fault(DecodeStatus.Bomb);
  }

  #integer(prefixBits: number): number {
    const full = 2 ** prefixBits - 1;
    const prefix = this.#byte() % 2 ** prefixBits;
    if (prefix < full) return prefix;
    const groups: bigint[] = [];
    for (let byte = 0x80; byte >= 0x80; ) {
      byte = this.#byte();
      groups.push(BigInt(byte % 0x80));
    }
    const rest = groups.reduceRight((sum, group) => sum * 128n + group, 0n);
    const tooLong = groups.length > 5; // of zeros, or else the number is too large as well
    if (tooLong || rest + BigInt(full) >= 2n ** 31n) throw new Fault(DecodeStatus.CompressionError);
    return Number(rest) + full;
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw new Fault(DecodeStatus.CompressionError);
    return byte;
  }
}

function sizeOf([name, value]: Entry): number {
  return name.length + value.length + 32;
}

function isWellFormed(name: string, value: string): boolean {
  return /^:?[!-9;-@[-~]+$/.test(name) && !/[\0\r\n]/.test(value) && !/^[ \t]|[ \t]$/.test(value);
}

/** Bit by bit: a code and its length together say which symbol it is. */
const symbolByCode = new Map(
  huffmanCodes().map((code, symbol) => [code * 64 + huffmanBits[symbol]!, symbol]),
);

function unhuffman(bytes: Uint8Array): number[] {
  const symbols: number[] = [];
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >> bit) & 1);
      bits += 1;
      const symbol = symbolByCode.get(code * 64 + bits);
      if (symbol === undefined) continue;
      if (symbol === 256) throw new Fault(DecodeStatus.CompressionError);
      symbols.push(symbol);
      code = 0;
      bits = 0;
    }
  }
  if (bits > 7 || code !== 2 ** bits - 1) throw new Fault(DecodeStatus.CompressionError);
  return symbols;
}
