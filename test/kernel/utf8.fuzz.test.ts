// Scenario: strings of every two-byte beginning, of edge characters and of random ones, at every
// place relative to the 16-byte steps of the kernel.
// Guarantees: scan() takes a string exactly when a fatal TextDecoder takes it.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Kernel } from '../../src/kernel/kernel.ts';
import { ScanStatus } from '../../src/kernel/kernel-abi.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const bytes = new Uint8Array(memory.buffer);
const kernel = Kernel.create(memory);
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `text` as the schema_url of a ResourceLogs, at the very end of the memory. */
function check(text: Uint8Array): boolean {
  assert.ok(text.length < 120, 'lengths of one byte');
  const offsetBytes = bytes.length - text.length - 4;
  bytes.set([0x0a, text.length + 2, 0x1a, text.length], offsetBytes);
  bytes.set(text, offsetBytes + 4);
  const status = kernel.scan(offsetBytes, text.length + 4, 0);
  const valid = isUtf8(text);
  if (status !== (valid ? ScanStatus.Ok : ScanStatus.BadUtf8)) {
    assert.fail(`status ${status} for ${Buffer.from(text).toString('hex')}`);
  }
  return valid;
}

function isUtf8(text: Uint8Array): boolean {
  try {
    decoder.decode(text);
    return true;
  } catch {
    return false; // The verdict is what is asked.
  }
}

it('scan() judges every first and second byte with every edge of a third and fourth', () => {
  Error.stackTraceLimit = 0;
  const edges = [0x00, 0x7f, 0x80, 0xbf, 0xc0];
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0; second < 0x100; second++) {
      check(Uint8Array.of(first, second));
      check(Uint8Array.of(first, second, 0x80, 0x80));
      check(Uint8Array.of(first, second, edges[second % 5]!, 0xbf)); // inside: remainder
      check(Uint8Array.of(first, second, 0xbf, edges[first % 5]!)); // inside: remainder
      check(Uint8Array.of(first, second, 0x80));
    }
  }
});

it('scan() judges random mixtures of good and bad characters', (context) => {
  const random = new SeededRandom(testSeed(context));
  const pieces = ['c3a9', 'e6bca2', 'f09f9a80', 'efbbbf', 'f48fbfbf', 'ed9fbf', 'ee8080'].map(
    (hex) => Buffer.from(hex, 'hex'),
  );
  let validCount = 0;
  for (let n = 0; n < 100_000; n++) {
    const text = Buffer.alloc(random.below(80), 'ascii text ');
    for (let times = random.below(6); times > 0; times--) {
      const piece = random.pick(pieces);
      // Near the end a piece may be cut, which is a fault too.
      text.set(
        piece.subarray(0, Math.max(0, text.length - 40)),
        random.below(Math.max(1, text.length - 4)),
      );
    }
    if (random.oneIn(3) && text.length > 0) text[random.below(text.length)]! ^= 0x80;
    validCount += Number(check(text));
  }
  assert.ok(validCount > 10_000 && validCount < 90_000, `${validCount} were valid`);
});
