import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFieldName, isFieldValue } from './field-syntax.ts';

const everyByte = Array.from({ length: 256 }, (_, byte) => byte);

/** `check` of these bytes, between neighbours that it would refuse. */
function of(check: typeof isFieldName, ...bytes: number[]): boolean {
  const refused = [0x0a, 0x20, 0x41];
  const source = Uint8Array.from([...refused, ...bytes, ...refused.toReversed()]);
  return check(source, refused.length, refused.length + bytes.length);
}

test('isFieldName() refuses the bytes of RFC 9113 section 8.2.1, wherever they stand', () => {
  const refused = (byte: number) =>
    byte <= 0x20 || (byte >= 0x41 && byte <= 0x5a) || byte >= 0x7f || byte === 0x3a;
  for (const byte of everyByte) {
    assert.equal(of(isFieldName, 0x61, byte, 0x61), !refused(byte), `inside: ${byte}`);
    assert.equal(of(isFieldName, 0x61, byte), !refused(byte), `last: ${byte}`);
    if (byte !== 0x3a) assert.equal(of(isFieldName, byte, 0x61), !refused(byte), `first: ${byte}`);
  }
});

for (const [name, expected] of [
  ['', false],
  [':', false],
  [':path', true],
  ['::path', false],
  [':pa:th', false],
  ['te', true],
  ["!#$%&'*+-.^_`|~09az", true],
  ['Te', false],
  [':Path', false],
] as const) {
  test(`isFieldName() of ${JSON.stringify(name)} is ${expected}`, () => {
    assert.equal(of(isFieldName, ...Buffer.from(name)), expected);
  });
}

test('isFieldValue() refuses NUL, CR and LF anywhere, and white space around', () => {
  const refused = (byte: number) => byte === 0x00 || byte === 0x0a || byte === 0x0d;
  const refusedOutside = (byte: number) => refused(byte) || byte === 0x20 || byte === 0x09;
  for (const byte of everyByte) {
    assert.equal(of(isFieldValue, 0x61, byte, 0x61), !refused(byte), `inside: ${byte}`);
    assert.equal(of(isFieldValue, 0x61, byte), !refusedOutside(byte), `last: ${byte}`);
    assert.equal(of(isFieldValue, byte, 0x61), !refusedOutside(byte), `first: ${byte}`);
    assert.equal(of(isFieldValue, byte), !refusedOutside(byte), `alone: ${byte}`);
  }
  assert.equal(of(isFieldValue), true);
});
