import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HostText, textKey } from './host-text.ts';

function textOf(content: string): HostText {
  const text = new HostText();
  text.setLength(text.bytes.write(content, 'latin1'));
  return text;
}

function check(content: string, key: string, expected: number): void {
  assert.equal(textOf(content).number(textKey(key)), expected);
}

test('number() finds the line of a key, and no other', () => {
  const content = 'inactive_file 1\nfile 22\nfile_mapped 3\nMemTotal:       444 kB\nlast 5';
  check(content, 'file ', 22);
  check(content, 'MemTotal:', 444);
  check(content, 'last ', 5);
  check(content, 'mapped ', Number.NaN);
  check(content, 'last 5 ', Number.NaN);
  check('', 'a', Number.NaN);
});

test('numberAt() takes digits only', () => {
  assert.equal(textOf('max\n').numberAt(0), Number.NaN);
  assert.equal(textOf('-1\n').numberAt(0), Number.NaN);
  assert.equal(textOf('\n').numberAt(0), Number.NaN);
  assert.equal(textOf('7\n').numberAt(-1), Number.NaN);
  assert.equal(textOf('9223372036854771712\n').numberAt(0), 2 ** 63 - 4_096);
});

test('numberAt() does not trust a number that the buffer may have cut', () => {
  const text = new HostText();
  text.bytes.fill('1');
  text.setLength(text.bytes.length);
  assert.equal(text.numberAt(text.bytes.length - 3), Number.NaN);
});

test('numberAt() and numberEnd() walk a row of numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER })), (numbers) => {
      const text = textOf(`${numbers.join('  ')}\n`);
      const read: number[] = [];
      for (let at = 0; read.length < numbers.length; at = text.numberEnd(at)) {
        read.push(text.numberAt(at));
      }
      assert.deepEqual(read, numbers);
    }),
  );
});

test('after() stays on its line', () => {
  const text = textOf('some avg10=1.00 total=5\nfull total=6\n');
  const total = textKey('total=');
  assert.equal(text.numberAt(text.after(total, text.lineAfter(textKey('some ')))), 5);
  assert.equal(text.after(textKey('full'), 0), -1);
});
