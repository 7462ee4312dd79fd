import assert from 'node:assert/strict';
import { it } from 'node:test';
import { encodeAttribute } from './attribute-bytes.ts';
import { Kernel } from './kernel.ts';
import {
  encodeSplicePlan,
  type SpliceOp,
  spliceGrowthBytesMax,
  spliceOpsMax,
  splicePlanSizeBytesMax,
} from './splice-plan.ts';

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
const bytes = new Uint8Array(memory.buffer);
const kernel = Kernel.create(memory);

/** A resource as `key=value` pairs, in and out: `spliceResource()` under the operations. */
function check(before: string, ops: readonly SpliceOp[], after: string): void {
  const plan = encodeSplicePlan(ops);
  const source = resourceOf(before);
  bytes.set(plan, 0);
  bytes.set(source, 70_000);
  const written = kernel.spliceResource(70_000, source.length, 140_000, 65_536, 0, plan.length);
  assert.ok(written <= source.length + spliceGrowthBytesMax(plan, 1));
  const output = Buffer.from(bytes.slice(140_000, 140_000 + written));
  assert.deepEqual(output, resourceOf(after));
}

function resourceOf(pairs: string): Buffer {
  const attributes = pairs.split(' ').filter((pair) => pair !== '');
  return Buffer.concat(
    attributes.map((pair) => {
      const [key, value] = pair.split('=');
      return encodeAttribute(key!, value!); // pairs are literals of this file
    }),
  );
}

const insert = (key: string, value: string): SpliceOp => ({ key, value, action: 'insert' });
const update = (key: string, value: string): SpliceOp => ({ key, value, action: 'update' });
const upsert = (key: string, value: string): SpliceOp => ({ key, value, action: 'upsert' });
const remove = (key: string): SpliceOp => ({ key, action: 'delete' });

it('encodeSplicePlan() of one operation: insert, update, upsert, delete', () => {
  check('a=1 b=2', [insert('a', '9')], 'a=1 b=2');
  check('b=2', [insert('a', '9')], 'b=2 a=9');
  check('a=1 b=2', [update('a', '9')], 'a=9 b=2');
  check('b=2', [update('a', '9')], 'b=2');
  check('a=1 b=2', [upsert('a', '9')], 'a=9 b=2');
  check('b=2', [upsert('a', '9')], 'b=2 a=9');
  check('a=1 b=2', [remove('a')], 'b=2');
  check('b=2', [remove('a')], 'b=2');
  check('a=1 b=2', [], 'a=1 b=2');
  check('', [insert('a', '9')], 'a=9');
});

it('encodeSplicePlan() keeps the order of operations on one key', () => {
  check('a=1', [insert('a', '2'), update('a', '3')], 'a=3');
  check('', [insert('a', '2'), update('a', '3')], 'a=3');
  check('', [update('a', '2'), insert('a', '3')], 'a=3');
  check('a=1', [update('a', '2'), insert('a', '3')], 'a=2');
  check('a=1', [remove('a'), insert('a', '3')], 'a=3');
  check('a=1', [remove('a'), update('a', '3')], '');
  check('', [upsert('a', '2'), remove('a')], '');
  check('a=1', [remove('a'), insert('a', '2'), upsert('a', '3'), insert('a', '4')], 'a=3');
});

it('encodeSplicePlan() changes the first of several attributes, delete removes all', () => {
  check('a=1 b=2 a=3', [upsert('a', '9')], 'a=9 b=2 a=3');
  check('a=1 b=2 a=3', [remove('a')], 'b=2');
  check('a=1 b=2 a=3', [remove('a'), insert('a', '9')], 'a=9 b=2');
});

it('encodeSplicePlan() takes 64 operations and refuses the 65th', () => {
  const ops = Array.from({ length: spliceOpsMax }, (_, n) => insert(`key${n}`, `${n}`));
  check('', ops, ops.map((op) => `${op.key}=${op.value}`).join(' '));
  check(
    ops.map((op) => `${op.key}=0`).join(' '),
    ops.map((op) => remove(op.key)),
    '',
  );
  assert.throws(() => encodeSplicePlan([...ops, insert('one', 'more')]), { code: 'CONFIG' });
});

it('encodeSplicePlan() refuses more bytes than the scratch has and a missing value', () => {
  assert.throws(() => encodeSplicePlan([insert('a', 'x'.repeat(splicePlanSizeBytesMax))]), {
    code: 'CONFIG',
  });
  assert.throws(() => encodeSplicePlan([{ key: 'a', action: 'insert' }]), { code: 'CONFIG' });
});

it('spliceGrowthBytesMax() is 0 for plans that set nothing', () => {
  assert.equal(spliceGrowthBytesMax(encodeSplicePlan([]), 7), 0);
  assert.equal(spliceGrowthBytesMax(encodeSplicePlan([remove('a')]), 7), 0);
  assert.ok(spliceGrowthBytesMax(encodeSplicePlan([insert('a', '1')]), 7) >= 7 * 10);
});
