// Scenario: the committed kernel.wasm beside its sources.
// Guarantees: it is what the sources give, byte for byte, and it asks its host for nothing but the
// memory.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildKernel, committedKernel } from '../../tools/build-kernel.ts';

it('buildKernel() gives the committed bytes', async () => {
  assert.equal(
    Buffer.compare(await buildKernel(), committedKernel()),
    0,
    'run tools/build-kernel.ts',
  );
});

it('kernel.wasm imports one shared memory, has no data and exports functions only', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new WebAssembly.Module(Uint8Array.from(committedKernel()));
  // Throws when the module wants anything else.
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  assert.deepEqual(
    Object.entries(exports)
      .map(([name, value]) => `${typeof value} ${name}`)
      .sort(),
    [
      'function compressLz4Block',
      'function compressLz4Frame',
      'function countRecords',
      'function decodeLz4Block',
      'function decompressLz4Frame',
      'function isXxh64',
      'function scan',
      'function spliceResource',
      'function spliceResources',
      'function xxh32',
      'function xxh64',
      'function xxh64Begin',
      'function xxh64End',
      'function xxh64Update',
    ],
  );
  assert.equal(sectionIds(committedKernel()).includes(11), false, 'data section');
});

/** A module is 8 bytes of header, then sections: id, length as varint, content. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]!); // inside: the loop's condition
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!; // inside: a valid module ends with a section
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += length;
  }
  return ids;
}
