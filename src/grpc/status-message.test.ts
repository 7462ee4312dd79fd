import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeStatusMessage, encodeStatusMessage } from './status-message.ts';

const seed = Number(process.env.GOPHERSHIP_SEED ?? Date.now() % 2 ** 31);

test('encodeStatusMessage() escapes percent, controls and everything beyond ASCII', () => {
  assert.equal(encodeStatusMessage('100 % full\n'), '100 %25 full%0A');
  assert.equal(encodeStatusMessage('é€😀'), '%C3%A9%E2%82%AC%F0%9F%98%80');
  assert.equal(encodeStatusMessage('~ \u007f'), '~ %7F');
  assert.equal(encodeStatusMessage(' a b '), '%20a b%20');
});

test(`decodeStatusMessage() gives back every text that encodeStatusMessage() encoded (seed ${seed})`, () => {
  const property = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    const encoded = encodeStatusMessage(text);
    assert.match(encoded, /^[ -~]*$/);
    assert.equal(decodeStatusMessage(encoded), text.toWellFormed());
  });
  fc.assert(property, { seed });
});

test('decodeStatusMessage() takes what is no escape as it stands', () => {
  const cases: [string, string][] = [
    ['50%', '50%'],
    ['50%2', '50%2'],
    ['%zz%41', '%zzA'],
    ['%e2%82%ac', '€'],
    ['%ff', '\ufffd'],
  ];
  for (const [encoded, text] of cases) assert.equal(decodeStatusMessage(encoded), text);
});
