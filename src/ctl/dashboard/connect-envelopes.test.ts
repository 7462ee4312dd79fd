import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EnvelopeReader, enveloped } from './connect-envelopes.ts';

const sizeBytesMax = 1_000;

test('EnvelopeReader gives every message whole, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (texts, cuts) => {
        const bytes = Buffer.concat(texts.map((text) => enveloped(Buffer.from(text))));
        const reader = new EnvelopeReader(sizeBytesMax);
        const read: string[] = [];
        let at = 0;
        for (let index = 0; at < bytes.length; index += 1) {
          const end = at + cuts[index % cuts.length]!;
          read.push(...reader.read(bytes.subarray(at, end)).map(({ text }) => text));
          at = end;
        }
        assert.deepEqual(read, texts);
      },
    ),
  );
});

test('EnvelopeReader tells the end from a message', () => {
  const end = enveloped(Buffer.from('{}'));
  end.writeUInt8(2, 0);
  const reader = new EnvelopeReader(sizeBytesMax);
  assert.deepEqual(reader.read(Buffer.concat([enveloped(Buffer.from('1')), end])), [
    { isEnd: false, text: '1' },
    { isEnd: true, text: '{}' },
  ]);
});

test('EnvelopeReader refuses what is no envelope before it keeps any of it', () => {
  const of = (flags: number, sizeBytes: number) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(sizeBytes, 1);
    return () => new EnvelopeReader(sizeBytesMax).read(head);
  };
  assert.throws(of(1, 3), /compressed/);
  assert.throws(of(8, 3), /flags 8/);
  assert.throws(of(0, sizeBytesMax + 1), /a message of 1001 bytes/);
  assert.deepEqual(of(0, sizeBytesMax)(), []);
});
