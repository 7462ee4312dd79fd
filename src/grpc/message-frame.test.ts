import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompressedFlag,
  frameMessage,
  parseUnaryBody,
  readMessageLengthBytes,
  writeMessagePrefix,
} from './message-frame.ts';

test('writeMessagePrefix() writes flag and big-endian length; readMessageLengthBytes() reads it back', () => {
  for (const lengthBytes of [0, 1, 255, 256, 65_536, 0x01020304, 2 ** 31, 2 ** 32 - 1]) {
    const bytes = new Uint8Array(7);
    writeMessagePrefix(bytes, 1, lengthBytes, CompressedFlag.Compressed);
    assert.equal(bytes[1], 1);
    assert.equal(new DataView(bytes.buffer).getUint32(2), lengthBytes);
    assert.equal(readMessageLengthBytes(bytes, 1), lengthBytes);
  }
});

test('parseUnaryBody() returns the only message', () => {
  const body = parseUnaryBody(frameMessage(Uint8Array.of(7, 8)));
  assert.deepEqual(body, { kind: 'message', flag: 0, message: Uint8Array.of(7, 8) });
  assert.deepEqual(parseUnaryBody(frameMessage(new Uint8Array(0))), {
    kind: 'message',
    flag: 0,
    message: new Uint8Array(0),
  });
});

test('parseUnaryBody() tells none, cut-off and second messages apart from a message', () => {
  const framed = frameMessage(Uint8Array.of(7, 8));
  assert.equal(parseUnaryBody(new Uint8Array(0)).kind, 'none');
  for (let lengthBytes = 1; lengthBytes < framed.length; lengthBytes += 1) {
    assert.equal(parseUnaryBody(framed.subarray(0, lengthBytes)).kind, 'malformed');
  }
  assert.equal(parseUnaryBody(Uint8Array.of(...framed, ...framed)).kind, 'malformed');
});
