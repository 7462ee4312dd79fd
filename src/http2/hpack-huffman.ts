// The Huffman code of HPACK (RFC 7541 section 5.2, Appendix B), read four bits at a time: a step of
// the machine below takes a nibble, goes to the next node of the code's tree and says which symbol
// was completed on the way, if one was. No symbol has less than five bits, so there is at most one.
//
//   step = node it leads to << 16 | symbol << 8 | 1 if there is a symbol

import { assert } from '../assert.ts';

/** How many symbols `encodedSizeBytes` can hold at most. */
export function huffmanDecodedSizeBytesMax(encodedSizeBytes: number): number {
  return Math.floor((encodedSizeBytes * 8) / symbolBitsMin);
}

/**
 * Decodes source[fromBytes..toBytes) into the start of `target`; returns how many bytes these are,
 * -1 when the code is wrong. `target` has room for huffmanDecodedSizeBytesMax().
 */
export function decodeHuffman(
  source: Uint8Array,
  fromBytes: number,
  toBytes: number,
  target: Uint8Array,
): number {
  assert(toBytes <= source.length, 'string outside of its bytes');
  assert(huffmanDecodedSizeBytesMax(toBytes - fromBytes) <= target.length, 'no room for symbols');
  let step = 0;
  let length = 0;
  for (let index = fromBytes; index < toBytes; index += 1) {
    const byte = source[index]!; // index < toBytes
    step = steps[((step >>> 16) << 4) | (byte >>> 4)]!; // every node has 16 steps
    if (step & 1) target[length++] = step >>> 8;
    step = steps[((step >>> 16) << 4) | (byte & 0x0f)]!;
    if (step & 1) target[length++] = step >>> 8;
  }
  return mayEnd[step >>> 16] === 1 ? length : -1; // every step leads to a node
}

/** Bits of the code of each symbol; the last one is EOS, which no string may contain. */
export const huffmanBits: readonly number[] = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6], // space to /
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10], // 0 to ?
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7], // @ to O
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6], // P to _
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5], // ` to o
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28], // p to DEL
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
];

const eos = 256;
const symbolBitsMin = 5;
/** A string is filled up to a whole byte with the first bits of EOS, which are ones. */
const paddingBitsMax = 7;

/**
 * The code of each symbol, from the lengths alone: it is canonical, so among codes of one length
 * those of larger symbols are larger, and every code is larger than all that are shorter.
 */
export function huffmanCodes(): number[] {
  const symbols = huffmanBits.map((_, symbol) => symbol);
  symbols.sort((a, b) => huffmanBits[a]! - huffmanBits[b]! || a - b); // both are symbols
  const codes = new Array<number>(symbols.length).fill(0);
  let next = 0;
  let bits = 0;
  for (const symbol of symbols) {
    next <<= huffmanBits[symbol]! - bits;
    bits = huffmanBits[symbol]!;
    codes[symbol] = next;
    next += 1;
  }
  assert(next === 2 ** bits, 'the code leaves a gap');
  return codes;
}

/**
 * Children of each inner node, two in a row: above zero the number of a node, below zero -1 - the
 * symbol. Node 0 is the root, and no node's child.
 */
function buildTree(): number[] {
  const tree = [0, 0];
  for (const [symbol, code] of huffmanCodes().entries()) {
    let node = 0;
    for (let bit = huffmanBits[symbol]! - 1; bit >= 0; bit -= 1) {
      const child = 2 * node + ((code >>> bit) & 1);
      if (bit === 0) tree[child] = -1 - symbol;
      else if (tree[child] === 0) tree[child] = tree.push(0, 0) / 2 - 1;
      node = tree[child]!; // not used after the last bit
    }
  }
  return tree;
}

const tree = buildTree();
const nodeCount = tree.length / 2;
/** Where EOS leads to, and from where nothing leads away. */
const deadNode = nodeCount;

/** Nodes at which a string may end: the root, and the padding's. */
const mayEnd = new Uint8Array(nodeCount + 1);
for (let bits = 0, node = 0; bits <= paddingBitsMax; bits += 1) {
  mayEnd[node] = 1;
  node = tree[2 * node + 1]!; // EOS is longer than any padding
}

const steps = new Uint32Array((nodeCount + 1) * 16).map((_, place) => {
  let node = place >>> 4;
  let emitted = 0;
  for (let bit = 3; bit >= 0 && node !== deadNode; bit -= 1) {
    const child = tree[2 * node + ((place >>> bit) & 1)]!; // an inner node has two
    if (child >= 0) {
      node = child;
    } else {
      const symbol = -1 - child;
      node = symbol === eos ? deadNode : 0;
      emitted = symbol === eos ? 0 : (symbol << 8) | 1;
    }
  }
  return (node << 16) | emitted;
});
