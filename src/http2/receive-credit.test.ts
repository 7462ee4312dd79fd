import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { windowSizeBytesInitial as free, windowSizeBytesMax } from './frame-format.ts';
import { ReceiveCredit } from './receive-credit.ts';

test('grant() gives back what is done with, once it is half of the free credit', () => {
  const credit = new ReceiveCredit();
  assert.equal(credit.grant(), 0);
  credit.receive(30_000);
  assert.equal(credit.grant(), 0, 'too little for a frame');
  credit.receive(5_000);
  assert.equal(credit.grant(), 35_000);
  assert.equal(credit.outstandingBytes, free);
});

test('grant() gives nothing for what is held, and all of it when it is let go', () => {
  const credit = new ReceiveCredit();
  credit.receive(free);
  credit.hold(free);
  assert.equal(credit.grant(), 0);
  credit.hold(-free);
  assert.equal(credit.grant(), free);
});

test('grant() gives all that is promised at once, and takes it as spent when it comes', () => {
  const credit = new ReceiveCredit();
  credit.promise(1_000_000);
  assert.equal(credit.grant(), 1_000_000);
  credit.receive(400_000);
  credit.promise(-400_000);
  assert.equal(credit.grant(), 0);
  assert.equal(credit.outstandingBytes, free + 600_000);
});

test('grant() sets off what a dead message leaves against the next one', () => {
  const credit = new ReceiveCredit();
  credit.promise(1_000_000);
  credit.grant();
  credit.promise(-1_000_000);
  assert.equal(credit.grant(), 0);
  credit.promise(300_000);
  assert.equal(credit.grant(), 0);
  credit.promise(1_000_000);
  assert.equal(credit.grant(), 300_000);
});

test('grant() keeps the window possible', () => {
  const credit = new ReceiveCredit();
  credit.promise(2 ** 33);
  assert.equal(credit.grant(), windowSizeBytesMax - free);
  assert.equal(credit.grant(), 0);
});

test('receive() refuses what is beyond the window', () => {
  const credit = new ReceiveCredit();
  assert.equal(credit.receive(free + 1), false);
  assert.equal(credit.receive(free), true);
  assert.equal(credit.receive(1), false);
});

test('whatever happens, free credit and promises bound the window, and nobody starves', () => {
  const step = fc.record({
    kind: fc.constantFrom('receive', 'hold', 'letGo', 'promise', 'forget'),
    sizeBytes: fc.integer({ min: 1, max: 200_000 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const credit = new ReceiveCredit();
      let surplusBytes = 0;
      for (const { kind, sizeBytes } of steps) {
        const size = Math.min(sizeBytes, limitOf(credit, kind));
        if (kind === 'receive') assert.ok(credit.receive(size));
        else if (kind === 'hold') credit.hold(size);
        else if (kind === 'letGo') credit.hold(-size);
        else if (kind === 'promise') credit.promise(size);
        else credit.promise(-size);
        const targetBytes = Math.max(0, free - credit.heldBytes) + credit.promisedBytes;
        surplusBytes = Math.max(0, credit.outstandingBytes - targetBytes);
        const granted = credit.grant();
        assert.ok(granted === 0 || surplusBytes === 0, 'granted in spite of a surplus');
        assert.ok(credit.outstandingBytes <= Math.max(targetBytes, targetBytes + surplusBytes));
        assert.ok(2 * credit.outstandingBytes >= targetBytes || granted > 0, 'starves');
      }
    }),
  );
});

function limitOf(credit: ReceiveCredit, kind: string): number {
  if (kind === 'receive') return credit.outstandingBytes;
  if (kind === 'letGo') return credit.heldBytes;
  return kind === 'forget' ? credit.promisedBytes : Number.POSITIVE_INFINITY;
}
