// Scenario: header blocks as large, as many-pieced and as slow as they may be, and then a little
// more.
// Guarantees: at the bound nothing happens, beyond it the client gets what the table of abuses
// says, and the counter of that row, and no other, has counted it once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerLines, Http2Rig, postBlock, postFields } from '../support/http2-rig.ts';
import { continuationFrame, headerBlock, headersFrame } from '../support/raw-frames.ts';
import { indexed, literal, sizeUpdate } from './hpack-blocks.ts';
import { checkCalm, checkFine, checkWorks, repeat } from './limit-checks.ts';

test('a header list of 16 KiB passes, one byte more is told to the handler and counted', () => {
  const rig = new Http2Rig();
  const usedBytes = postFields.reduce(
    (sum, [name, value]) => sum + name.length + value.length + 32,
    0,
  );
  const lists = [0, 1].map((more) => {
    const value = 'v'.repeat(16_384 - usedBytes - 32 - 'x'.length + more);
    return headerBlock([...postFields, ['x', value]]);
  });
  const streamIds = lists.map((block) => {
    const id = rig.takeStreamId();
    rig.send(headersFrame(id, block.subarray(0, 16_000), { endHeaders: false, endStream: true }));
    rig.send(continuationFrame(id, block.subarray(16_000)));
    return id;
  });
  assert.deepEqual(
    streamIds.map((id) => rig.handler(id).headerListSizeBytes),
    [16_384, 16_385],
  );
  assert.deepEqual(rig.abuse, { HeaderList: 1 });
  assert.deepEqual(rig.read(), streamIds.flatMap(answerLines));
});

test('a request of 100 fields passes, one of 101 is told to the handler and counted', () => {
  const rig = new Http2Rig();
  for (const count of [100, 101]) {
    const fields = repeat(count - postFields.length, (index) => [`x-${index}`, ''] as const);
    const streamId = rig.open(headerBlock([...postFields, ...fields]));
    assert.equal(rig.handler(streamId).headerFieldCount, count);
    assert.deepEqual(rig.abuse, count === 100 ? {} : { HeaderList: 1 });
  }
});

test('a header list that is too large still enters the HPACK table', () => {
  const rig = new Http2Rig();
  const large = headerBlock([['x-large', 'v'.repeat(16_000)]]);
  const id = rig.takeStreamId();
  rig.send(
    headersFrame(id, postBlock, { endHeaders: false }),
    continuationFrame(id, large, false),
    continuationFrame(id, large, false),
    continuationFrame(id, Buffer.from(literal('x-kept', 'value'))),
  );
  assert.deepEqual(rig.abuse, { HeaderList: 1 });
  assert.equal(rig.handler(id).keptHeader, undefined, 'not kept for the request');
  const next = rig.open(Buffer.from([...postBlock, ...indexed(62)]));
  assert.equal(rig.handler(next).keptHeader, 'value');
});

test('a header block of 8 CONTINUATION frames passes, the 9th is too much', () => {
  for (const count of [8, 9]) {
    const rig = new Http2Rig();
    const id = rig.takeStreamId();
    const pieces = repeat(count, (index) =>
      continuationFrame(
        id,
        postBlock.subarray(10 + index, index === count - 1 ? undefined : 11 + index),
        index === count - 1,
      ),
    );
    rig.send(
      headersFrame(id, postBlock.subarray(0, 10), { endHeaders: false, endStream: true }),
      ...pieces,
    );
    if (count === 9) checkCalm(rig, 'ContinuationFlood');
    else assert.deepEqual(rig.read(), answerLines(id));
  }
});

test('a header block of 64 KiB passes, one byte more is too much', () => {
  for (const sizeBytes of [65_536, 65_537]) {
    const rig = new Http2Rig();
    const id = rig.takeStreamId();
    const value = 'v'.repeat(
      sizeBytes - postBlock.length - headerBlock([['x', 'v'.repeat(1_000_000)]]).length + 1_000_000,
    );
    const block = headerBlock([...postFields, ['x', value]]);
    assert.equal(block.length, sizeBytes);
    rig.send(headersFrame(id, block.subarray(0, 16_384), { endHeaders: false, endStream: true }));
    for (let at = 16_384; at < sizeBytes; at += 16_384) {
      rig.send(continuationFrame(id, block.subarray(at, at + 16_384), at + 16_384 >= sizeBytes));
    }
    if (sizeBytes > 65_536) checkCalm(rig, 'ContinuationFlood');
    else {
      assert.deepEqual(rig.abuse, { HeaderList: 1 });
      assert.deepEqual(rig.read(), answerLines(id));
    }
  }
});

test('a header block is due within 10 s', () => {
  const rig = new Http2Rig();
  const slow = rig.takeStreamId();
  rig.send(headersFrame(slow, postBlock.subarray(0, 5), { endHeaders: false, endStream: true }));
  rig.clock.advance(9_999);
  rig.send(continuationFrame(slow, postBlock.subarray(5)));
  rig.clock.advance(60_000);
  assert.deepEqual(rig.read(), answerLines(slow));
  checkFine(rig);
  rig.send(headersFrame(rig.takeStreamId(), postBlock.subarray(0, 5), { endHeaders: false }));
  rig.clock.advance(9_999);
  assert.deepEqual(rig.read(), []);
  rig.clock.advance(1);
  checkCalm(rig, 'ContinuationFlood');
});

test('a block that decodes to 128 KiB passes, more is an HPACK bomb', () => {
  // An entry of 4,000 bytes, again and again, one byte each.
  const entry = literal('x', 'v'.repeat(4_000 - 33));
  for (const count of [31, 32]) {
    const rig = new Http2Rig();
    rig.send(
      headersFrame(
        rig.takeStreamId(),
        Buffer.from([...postBlock, ...entry, ...repeat(count, () => indexed(62)).flat()]),
      ),
    );
    if (count === 32) checkCalm(rig, 'HpackBomb');
    else {
      assert.deepEqual(rig.abuse, { HeaderList: 1 });
      checkWorks(rig);
    }
  }
});

test('HPACK that is none is a COMPRESSION_ERROR', () => {
  const wrong = {
    'an index beyond both tables': indexed(62),
    'an integer above 2^31-1': [0xff, 0x80, 0xff, 0xff, 0xff, 0xff, 0x0f],
    'a table above 4,096': sizeUpdate(4_097),
    'a string beyond the block': [0x00, 0x05, 0x61],
  };
  for (const [what, block] of Object.entries(wrong)) {
    const rig = new Http2Rig();
    rig.send(headersFrame(rig.takeStreamId(), Buffer.from(block)));
    assert.deepEqual(rig.abuse, { HpackSyntax: 1 }, what);
    checkCalm(rig, 'HpackSyntax', 'COMPRESSION_ERROR');
  }
});

test('the fields of a request are not kept once it was accepted', () => {
  const rig = new Http2Rig({ answers: false });
  const id = rig.open(headerBlock([...postFields, ['x-kept', 'x'.repeat(8_000)]]));
  assert.equal(rig.handler(id).keptHeader?.length, 8_000);
  assert.equal(rig.handler(id).stream.header('x-kept'), undefined);
  assert.equal(rig.handler(id).stream.path, '');
});
