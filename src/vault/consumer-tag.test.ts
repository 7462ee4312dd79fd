import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { consumerTag, noConsumerTag } from './consumer-tag.ts';

test('consumerTag() is what letters on disk have', () => {
  // FNV-1a of "", "a" and "foobar" is 811c9dc5, e40c292c and bf9cf968 (its authors' test suite).
  assert.equal(consumerTag(''), 1 + (0x811c9dc5 % 255));
  assert.equal(consumerTag('a'), 1 + (0xe40c292c % 255));
  assert.equal(consumerTag('foobar'), 1 + (0xbf9cf968 % 255));
});

test('consumerTag() fits a byte and is never none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (consumer) => {
      const tag = consumerTag(consumer.toWellFormed());
      assert.ok(tag > noConsumerTag && tag <= 255);
    }),
  );
});
