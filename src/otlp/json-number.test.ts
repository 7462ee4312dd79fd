import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { JsonNumber } from './json-number.ts';

function read(text: string): JsonNumber | undefined {
  const number = new JsonNumber();
  const bytes = Buffer.from(`:${text},`);
  const endBytes = number.read(bytes, 1, bytes.length);
  return endBytes === bytes.length - 1 ? number : undefined;
}

function integerOf(text: string): bigint | undefined {
  const number = read(text);
  assert.ok(number !== undefined, `${text} is a number`);
  if (!number.toInteger()) return undefined;
  const magnitude = (BigInt(number.high) << 32n) | BigInt(number.low);
  return number.isNegative ? -magnitude : magnitude;
}

/** The exact value, by rational arithmetic; undefined if it is no integer below 2^64. */
function modelInteger(text: string): bigint | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!; // the callers give numbers
  const scale = Number(exponent) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`);
  const power = 10n ** BigInt(Math.abs(scale));
  if (scale < 0 && digits % power !== 0n) return undefined;
  const magnitude = scale < 0 ? digits / power : digits * power;
  if (magnitude >= 2n ** 64n) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 66n }), fc.bigInt({ min: 0n, max: 1000n })),
    fc.nat(20),
    fc.constantFrom('', '.0', '.00', '.5', '.25', '.000001'),
    fc.constantFrom('', 'e0', 'E+1', 'e3', 'e-1', 'e-5', 'e-19', 'e+18', 'e25'),
  )
  .map(([sign, whole, zeros, fraction, exponent]) => {
    const digits = `${whole}${'0'.repeat(whole === 0n ? 0 : zeros % 7)}`;
    return `${sign}${digits}${fraction}${exponent}`;
  });

test('toInteger() is exact', (context) => {
  const check = (text: string) => assert.equal(integerOf(text), modelInteger(text));
  fc.assert(fc.property(numberText, check), { numRuns: 8_000, seed: testSeed(context) });
});

for (const [text, value] of [
  ['18446744073709551615', 2n ** 64n - 1n],
  ['18446744073709551616', undefined],
  ['99999999999999999999', undefined],
  ['-9223372036854775808', -(2n ** 63n)],
  ['9007199254740993', 2n ** 53n + 1n],
  ['1e3', 1000n],
  ['1.0', 1n],
  ['1.5e1', 15n],
  ['1.5', undefined],
  ['0.00000000000000000001e20', 1n],
  ['0e999999999999999999999', 0n],
  ['1e999999999999999999999', undefined],
  ['1e-999999999999999999999', undefined],
  [`1${'0'.repeat(5000)}e-5000`, 1n],
  [`0.${'0'.repeat(4999)}7e5000`, 7n],
] as const) {
  test(`toInteger() of ${text.slice(0, 40)} is ${value}`, () =>
    assert.equal(integerOf(text), value));
}

test('toDouble() is the double that JSON.parse() reads', (context) => {
  const seed = testSeed(context);
  const check = (text: string) => {
    assert.ok(Object.is(read(text)?.toDouble(), JSON.parse(text)), text);
  };
  fc.assert(fc.property(numberText, check), { numRuns: 8_000, seed });
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  const spelled = double.map((value) => (Object.is(value, -0) ? '-0' : String(value)));
  fc.assert(fc.property(spelled, check), { numRuns: 8_000, seed });
  for (const text of ['-0', '0.1', '5e-324', '1e-400', '1e400', '-1e400', '1e22', '1e23']) {
    check(text);
  }
  check('123456789012345e-22');
  check(`0.1${'0'.repeat(1000)}1`);
});

test('read() takes what JSON calls a number and nothing else', () => {
  for (const text of ['0', '-0', '10', '1.5', '1e5', '1E+5', '-1.25e-5', '0.0']) {
    assert.ok(read(text) !== undefined, text);
  }
  const others = ['', '-', '01', '-01', '+1', '.5', '1.', '1.e1', '1e', '1e+', '0x1', 'NaN', ' 1'];
  for (const text of others) assert.equal(read(text), undefined, text);
});
