// Scenario: random plans of attribute operations on valid requests with everything that is legal,
// and on damaged ones.
// Guarantees: resource attributes are what a model makes of the decoded ones; every other byte
// survives in its order; what has nothing to change stays as it is; no byte outside the destination
// is written, nothing traps, and the output never exceeds the bound.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inspect } from 'node:util';
import { toBinary } from '@bufbuild/protobuf';
import {
  type KeyValue,
  KeyValueSchema,
} from '../../src/generated/opentelemetry/proto/common/v1/common_pb.js';
import { Kernel } from '../../src/kernel/kernel.ts';
import { ScanStatus, SpliceStatus } from '../../src/kernel/kernel-abi.ts';
import {
  encodeSplicePlan,
  type SpliceAction,
  type SpliceOp,
  spliceGrowthBytesMax,
} from '../../src/kernel/splice-plan.ts';
import { OtlpSampler, sampleKeys } from '../support/otlp-samples.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { mutate } from './mutate.ts';
import {
  type AttributeParts,
  applyOps,
  type ResourceParts,
  requestParts,
  resourceParts,
} from './splice-model.ts';

const messageCount = 4_000;
const damagedCount = 20_000;

const resultOffsetBytes = 0;
const planOffsetBytes = 4096;
const srcOffsetBytes = 64 * 1024;
const dstOffsetBytes = 192 * 1024;
const guardSizeBytes = 64;
const guard = 0xa5;

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
const bytes = new Uint8Array(memory.buffer);
const kernel = Kernel.create(memory);
type SpliceFunction = 'spliceResources' | 'spliceResource';

it(`spliceResources() and spliceResource() match the model, ${messageCount} times`, (context) => {
  const seed = testSeed(context);
  const random = new SeededRandom(seed ^ 0x2545f491);
  const sampler = new OtlpSampler(seed);
  for (let n = 0; n < messageCount; n++) {
    const source = sampler.request();
    const ops = randomOps(random);
    try {
      check(source, ops);
    } catch (cause) {
      const hex = Buffer.from(source).toString('hex');
      throw new Error(`operations ${inspect(ops)} on message ${hex}`, { cause });
    }
  }
});

it(`spliceResources() refuses or passes ${damagedCount} damaged messages, no trap`, (context) => {
  const seed = testSeed(context);
  const random = new SeededRandom(seed ^ 0x1f123bb5);
  const sampler = new OtlpSampler(seed);
  const target = new Uint8Array(16 * 1024);
  const malformed = { byScan: 0, bySplice: 0 };
  let donor = sampler.request();
  for (let n = 0; n < damagedCount; n++) {
    const source = sampler.request();
    const damaged = target.slice(0, mutate(random, source, donor, target));
    donor = source;
    bytes.set(damaged, srcOffsetBytes);
    const status = kernel.scan(srcOffsetBytes, damaged.length, resultOffsetBytes);
    const written = splice('spliceResources', damaged, randomOps(random), 60_000);
    splice('spliceResource', damaged, randomOps(random), 60_000);
    assert.ok(written >= 0 || written === SpliceStatus.Malformed);
    assert.ok(status !== ScanStatus.Ok || written >= 0, 'refused what scan() took');
    malformed.byScan += Number(status !== ScanStatus.Ok);
    malformed.bySplice += Number(written < 0);
  }
  context.diagnostic(JSON.stringify(malformed));
  assert.ok(malformed.bySplice > damagedCount / 20, 'damage never met the splice');
});

function check(source: Uint8Array, ops: readonly SpliceOp[]): void {
  const before = requestParts(source);
  const output = spliced('spliceResources', source, ops, before.logs.length);
  const after = requestParts(output);
  assert.deepEqual(after.others, before.others, 'unknown fields of the request');
  assert.equal(after.logs.length, before.logs.length);
  for (const [index, logs] of before.logs.entries()) {
    const outputLogs = after.logs[index]!; // inside: same length
    assert.deepEqual(outputLogs.others, logs.others, 'fields of ResourceLogs');
    const touched = checkResource(logs.resource, outputLogs.resource, ops);
    assert.ok(
      touched || Buffer.compare(logs.raw, outputLogs.raw) === 0,
      'nothing to change, but changed',
    );
    const alone = spliced('spliceResource', logs.resourceBytes, ops, 1);
    checkResource(logs.resource, resourceParts(alone), ops);
  }
}

function checkResource(
  before: ResourceParts,
  after: ResourceParts,
  ops: readonly SpliceOp[],
): boolean {
  const keys = new Set(ops.map((op) => op.key));
  const isOurs = (attribute: AttributeParts) => keys.has(attribute.decoded.key);
  const rawOf = (resource: ResourceParts) =>
    resource.attributes.filter((attribute) => !isOurs(attribute)).map(({ raw }) => raw);
  assert.deepEqual(after.others, before.others, 'fields of Resource');
  assert.deepEqual(rawOf(after), rawOf(before), 'attributes that no operation names');
  const expected = applyOps(
    before.attributes.map(({ decoded }) => decoded),
    ops,
  );
  // The order of attributes has no meaning; that of duplicates has, and a stable sort keeps it.
  assert.deepEqual(
    inKeyOrder(after.attributes.map(({ decoded }) => decoded)),
    inKeyOrder(expected.attributes),
    'attributes as the model has them',
  );
  return expected.touched;
}

function inKeyOrder(attributes: readonly KeyValue[]): string[] {
  return [...attributes]
    .sort((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)))
    .map((attribute) => Buffer.from(toBinary(KeyValueSchema, attribute)).toString('hex'));
}

/**
 * Splices into a destination that is just large enough, and finds one byte less to be too little.
 */
function spliced(
  name: SpliceFunction,
  source: Uint8Array,
  ops: readonly SpliceOp[],
  resourceCount: number,
): Uint8Array {
  const boundBytes = source.length + spliceGrowthBytesMax(encodeSplicePlan(ops), resourceCount);
  const written = splice(name, source, ops, boundBytes);
  assert.ok(written >= 0 && written <= boundBytes, `${name} says ${written}`);
  const output = bytes.slice(dstOffsetBytes, dstOffsetBytes + written);
  assert.equal(splice(name, source, ops, written), written);
  assert.equal(Buffer.compare(bytes.subarray(dstOffsetBytes, dstOffsetBytes + written), output), 0);
  const tooSmall = written === 0 ? SpliceStatus.NoRoom : splice(name, source, ops, written - 1);
  assert.equal(tooSmall, SpliceStatus.NoRoom);
  return output;
}

function splice(
  name: SpliceFunction,
  source: Uint8Array,
  ops: readonly SpliceOp[],
  capacityBytes: number,
): number {
  const plan = encodeSplicePlan(ops);
  bytes.set(plan, planOffsetBytes);
  bytes.set(source, srcOffsetBytes);
  const endBytes = dstOffsetBytes + capacityBytes;
  bytes.fill(guard, dstOffsetBytes - guardSizeBytes, dstOffsetBytes);
  bytes.fill(guard, endBytes, endBytes + guardSizeBytes);
  const written = kernel[name](
    srcOffsetBytes,
    source.length,
    dstOffsetBytes,
    capacityBytes,
    planOffsetBytes,
    plan.length,
  );
  assert.equal(
    Buffer.compare(bytes.subarray(srcOffsetBytes, srcOffsetBytes + source.length), source),
    0,
  );
  for (let n = 0; n < guardSizeBytes; n++) {
    assert.equal(bytes[dstOffsetBytes - guardSizeBytes + n], guard, 'wrote before the destination');
    assert.equal(bytes[endBytes + n], guard, 'wrote behind the destination');
  }
  return written;
}

const actions: readonly SpliceAction[] = ['insert', 'update', 'upsert', 'delete'];
const values = [
  '',
  'v',
  'längerer Text',
  'x'.repeat(200),
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 40,
  7n,
  -(2n ** 63n),
];

function randomOps(random: SeededRandom): SpliceOp[] {
  const ops: SpliceOp[] = [];
  for (let n = random.pick([0, 1, 1, 2, 3, 5, 12]); n > 0; n--) {
    const key = random.oneIn(10) ? 'nobody has this' : random.pick(sampleKeys);
    ops.push({ key, action: random.pick(actions), value: random.pick(values) });
  }
  return ops;
}
