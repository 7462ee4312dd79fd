import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonLines, lineLengthMax } from './json-lines.ts';

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

describe('jsonLines()', () => {
  it('gives every object, wherever the bytes are cut', async () => {
    const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 6 }), cuts, async (values, places) => {
        const bytes = new TextEncoder().encode(
          values.map((v) => `${JSON.stringify(v)}\n`).join(''),
        );
        const edges = [0, ...places.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
        const read = await Array.fromAsync(jsonLines(streamOf(chunks)));
        assert.deepEqual(read, JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('takes a last line without an end, and none of a line without one', async () => {
    const bytes = new TextEncoder().encode('\n{"a":1}\n\n2');
    assert.deepEqual(await Array.fromAsync(jsonLines(streamOf([bytes]))), [{ a: 1 }, 2]);
  });

  it('gives up on a line that does not end', async () => {
    const endless = streamOf([new Uint8Array(lineLengthMax + 1).fill(0x31)]);
    await assert.rejects(Array.fromAsync(jsonLines(endless)), /a line of more/);
  });
});
