// Header blocks for tests: representations by hand, and a Huffman encoder, which the engine does
// not need.

import { huffmanBits, huffmanCodes } from '../../src/http2/hpack-huffman.ts';
import { writeInteger } from '../../src/http2/hpack-integer.ts';

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

export function integer(value: number, prefixMax: number, flags: number): number[] {
  const target = new Uint8Array(8);
  return [...target.subarray(0, writeInteger(target, 0, value, prefixMax, flags))];
}

export const indexed = (index: number) => integer(index, 0x7f, 0x80);
export const sizeUpdate = (sizeBytes: number) => integer(sizeBytes, 0x1f, 0x20);

export function plainString(text: string): number[] {
  return [...integer(text.length, 0x7f, 0x00), ...Buffer.from(text, 'latin1')];
}

export function huffmanString(text: string): number[] {
  const encoded = huffman(Buffer.from(text, 'latin1'));
  return [...integer(encoded.length, 0x7f, 0x80), ...encoded];
}

/** A literal with a new name, added to the table or not. */
export function literal(name: string, value: string, flags: 0x40 | 0x10 | 0x00 = 0x40): number[] {
  return [flags, ...plainString(name), ...plainString(value)];
}

/** By writing digits: slow, and nothing like the decoder. Symbol 256 is EOS. */
export function huffman(symbols: Iterable<number>): number[] {
  let digits = '';
  for (const symbol of symbols) digits += huffmanDigits(symbol);
  return bytesOfDigits(digits.padEnd(8 * Math.ceil(digits.length / 8), '1'));
}

export function huffmanDigits(symbol: number): string {
  return codes[symbol]!.toString(2).padStart(huffmanBits[symbol]!, '0'); // symbols go to 256
}

export function bytesOfDigits(digits: string): number[] {
  return (digits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}

const codes = huffmanCodes();
