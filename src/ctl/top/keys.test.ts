import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../../test/support/seed.ts';
import { type Key, KeyDecoder } from './keys.ts';

function keysOf(text: string): Key[] {
  const decoder = new KeyDecoder();
  return [...decoder.decode(text), ...decoder.flush()];
}

function check(text: string, kinds: readonly Key['kind'][]): void {
  assert.deepEqual(
    keysOf(text).map(({ kind }) => kind),
    kinds,
    JSON.stringify(text),
  );
}

test('decode() knows the keys that terminals send', () => {
  check('\u001b[A\u001bOB\u001b[C\u001b[D', ['up', 'down', 'right', 'left']);
  check('\t\u001b[Z\r\n', ['tab', 'back-tab', 'enter', 'enter']);
  check('\u007f\b', ['backspace', 'backspace']);
  check('\u001b[5~\u001b[6~\u001b[H\u001b[1~\u001b[F', [
    'page-up',
    'page-down',
    'home',
    'home',
    'end',
  ]);
  check('\u001b[1;5A', ['up']);
  assert.deepEqual(keysOf('q名'), [
    { kind: 'text', text: 'q' },
    { kind: 'text', text: '名' },
  ]);
  assert.deepEqual(keysOf('\u0003\u001a'), [
    { kind: 'control', letter: 'c' },
    { kind: 'control', letter: 'z' },
  ]);
});

test('decode() takes what it does not know for nothing, not for letters', () => {
  check('\u001b[24~\u001b[200~\u001b[?1;2cx', ['text']);
  check('\u009b', []);
});

test('decode() keeps Esc until it is known whether a sequence follows', () => {
  const decoder = new KeyDecoder();
  assert.deepEqual(decoder.decode('\u001b'), []);
  assert.equal(decoder.isWaiting, true);
  assert.deepEqual(decoder.decode('[A'), [{ kind: 'up' }]);
  assert.equal(decoder.isWaiting, false);
  decoder.decode('\u001b');
  assert.deepEqual(decoder.flush(), [{ kind: 'escape' }]);
  assert.deepEqual(decoder.flush(), []);
});

const piece = fc.constantFrom(
  '\u001b',
  '[',
  'O',
  'A',
  '1',
  ';',
  '~',
  'q',
  '\t',
  '\u0003',
  '名',
  ' ',
);

test('decode() gives the same keys however the bytes come', (context: TestContext) =>
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const decoder = new KeyDecoder();
      const keys = pieces.flatMap((text) => decoder.decode(text));
      assert.deepEqual([...keys, ...decoder.flush()], keysOf(pieces.join('')));
    }),
    { numRuns: 2_000, seed: testSeed(context) },
  ));
