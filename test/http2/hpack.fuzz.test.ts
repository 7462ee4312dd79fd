// Scenario: header blocks that node:http2 makes of random requests while the bound of its table is
// moved about, the same blocks damaged, random representations, and random bytes.
// Guarantees: what node:http2 encodes is what we decode; on anything else verdict, fields and table
// are those of a slow decoder that follows RFC 7541 to the letter; nothing throws, the bytes around
// a block do not matter, the table stays within its bound.
//
// GOPHERSHIP_FUZZ_COUNT sets the number of damaged blocks, GOPHERSHIP_SEED the random numbers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DecodeStatus, HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { mutate, mutationGrowthBytesMax } from '../kernel/mutate.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { FieldList } from './field-list.ts';
import { huffmanString, indexed, integer, plainString, sizeUpdate } from './hpack-blocks.ts';
import { HpackCheck } from './hpack-check.ts';
import { NodeHttp2Peer } from './node-http2-peer.ts';
import { type Turn, turns } from './request-arbitrary.ts';

const damagedCount = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 2_000);
const connectionCount = Math.max(20, Math.ceil(damagedCount / 1_000));
const recordedConnectionCount = 20;
const damagedBlockSizeBytesMax = 4 * 1024;

describe('decode() against node:http2', () => {
  it(`decode() reads what node:http2 encodes on ${connectionCount} connections`, async (context) => {
    const seed = testSeed(context);
    let blockCount = 0;
    let blockSizeBytesMax = 0;
    const property = fc.asyncProperty(turns, async (turns) => {
      const decoder = new HpackDecoder();
      for (const { block, fields } of await encode(turns)) {
        const list = new FieldList();
        assert.equal(decoder.decode(block, 0, block.length, list), DecodeStatus.Ok);
        assert.deepEqual(list.pairs, fields);
        blockCount += 1;
        blockSizeBytesMax = Math.max(blockSizeBytesMax, block.length);
      }
    });
    await fc.assert(property, { numRuns: connectionCount, seed });
    context.diagnostic(`${blockCount} blocks, the largest of ${blockSizeBytesMax} bytes`);
  });
});

describe('decode() against RFC 7541 to the letter', () => {
  it(`decode() agrees on ${damagedCount} damaged blocks`, async (context) => {
    const seed = testSeed(context);
    const random = new SeededRandom(seed);
    const connections = await record(seed);
    const check = new HpackCheck(random);
    const target = new Uint8Array(damagedBlockSizeBytesMax + mutationGrowthBytesMax);
    for (let count = 0; count < damagedCount; ) {
      const blocks = random.pick(connections);
      check.newConnection();
      for (const block of blocks) {
        const isDamaged = random.oneIn(3);
        const length = isDamaged ? mutate(random, block, random.pick(blocks), target) : 0;
        if (isDamaged) count += 1;
        if (!check.check(isDamaged ? target.slice(0, length) : block)) break;
      }
    }
    const { Ok, CompressionError } = DecodeStatus;
    context.diagnostic(`blocks by status ${JSON.stringify([...check.countByStatus].sort())}`);
    for (const status of [Ok, CompressionError]) assert.ok(check.countByStatus.has(status));
  });

  it(`decode() agrees on ${damagedCount} blocks of random representations`, (context) => {
    const random = new SeededRandom(testSeed(context));
    const check = new HpackCheck(random);
    for (let count = 0; count < damagedCount; count += 1) {
      if (random.oneIn(100)) check.newConnection();
      check.check(Uint8Array.from(randomBlock(random)));
    }
    // A bomb is too rare to be sure of; hpack-decoder.test.ts makes some.
    const { Ok, CompressionError } = DecodeStatus;
    for (const status of [Ok, CompressionError]) assert.ok(check.countByStatus.has(status));
  });

  it(`decode() agrees on ${damagedCount} blocks of random bytes`, (context) => {
    const random = new SeededRandom(testSeed(context));
    const check = new HpackCheck(random);
    for (let count = 0; count < damagedCount; count += 1) {
      check.check(Uint8Array.from({ length: random.below(40) }, () => random.below(256)));
    }
  });

  it('decode() agrees on every prefix of blocks', async (context) => {
    const seed = testSeed(context);
    const check = new HpackCheck(new SeededRandom(seed));
    const block = (await record(seed)).flat().toSorted((a, b) => b.length - a.length)[0]!;
    for (let length = 0; length <= block.length; length += 1) {
      check.newConnection();
      check.check(block.slice(0, length));
    }
  });
});

async function encode(turns: readonly Turn[]) {
  const peer = new NodeHttp2Peer();
  try {
    const encoded: { block: Uint8Array; fields: readonly (readonly [string, string])[] }[] = [];
    for (const { tableSizes, requests } of turns) {
      await peer.setTableSizes(tableSizes);
      const blocks = await peer.encode(requests);
      for (const [n, { fields }] of requests.entries()) {
        encoded.push({ block: blocks[n]!, fields }); // one for each
      }
    }
    return encoded;
  } finally {
    peer.close();
  }
}

/** Blocks of connections that are small enough to be damaged by the thousand. */
async function record(seed: number): Promise<Uint8Array[][]> {
  const connections: Uint8Array[][] = [];
  for (const turnsOfOne of fc.sample(turns, { numRuns: recordedConnectionCount, seed })) {
    const blocks = (await encode(turnsOfOne)).map(({ block }) => block);
    connections.push(blocks.filter((block) => block.length <= damagedBlockSizeBytesMax));
  }
  return connections.filter((blocks) => blocks.length > 0);
}

function randomBlock(random: SeededRandom): number[] {
  const block: number[] = [];
  while (random.oneIn(8)) block.push(...sizeUpdate(random.pick([0, 64, 200, 4_096, 4_097])));
  const indexMax = random.pick([63, 66, 80, 250]);
  for (let count = random.below(12); count > 0; count -= 1) {
    const index = random.below(indexMax);
    if (random.oneIn(2)) {
      const times = random.oneIn(2_000) ? 3_000 : 1;
      for (let n = 0; n < times; n += 1) block.push(...indexed(Math.max(1, index)));
      continue;
    }
    const [prefixMax, flags] = random.pick([
      [0x3f, 0x40],
      [0x0f, 0x10],
      [0x0f, 0x00],
    ] as const);
    const nameIndex = random.oneIn(2) ? 0 : index;
    block.push(...integer(nameIndex, prefixMax, flags));
    if (nameIndex === 0) block.push(...randomString(random));
    block.push(...randomString(random));
  }
  return block;
}

function randomString(random: SeededRandom): number[] {
  const characters = random.pick(['abc-', 'aB: \t\r\0', '\u0000\u00ff\u0080z']);
  const length = random.oneIn(500) ? random.below(5_000) : random.below(20);
  let text = '';
  for (let n = 0; n < length; n += 1) text += characters[random.below(characters.length)];
  return random.oneIn(2) ? huffmanString(text) : plainString(text);
}
