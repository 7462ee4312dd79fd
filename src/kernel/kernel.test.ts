import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { typicalRequest } from '../../test/support/typical-request.ts';
import { delimited, text } from '../../test/support/wire-bytes.ts';
import { Kernel } from './kernel.ts';
import { isLoose, ScanStatus, SpliceStatus, scanResultSizeBytes } from './kernel-abi.ts';
import { encodeSplicePlan } from './splice-plan.ts';

const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
const bytes = new Uint8Array(memory.buffer);
const kernel = Kernel.create(memory);
const resultOffsetBytes = 128;
const messageOffsetBytes = 65_536;

function check(message: Uint8Array, status: ScanStatus, errorOffsetBytes: number): void {
  bytes.set(message, messageOffsetBytes);
  const answer = kernel.scan(messageOffsetBytes, message.length, resultOffsetBytes);
  assert.equal(answer, status, Buffer.from(message).toString('hex'));
  assert.equal(kernel.errorOffsetBytes(resultOffsetBytes), errorOffsetBytes);
}

it('scan() counts resources, scopes and records', () => {
  const message = typicalRequest(1000, 10);
  check(message, ScanStatus.Ok, message.length);
  assert.equal(kernel.resourceCount(resultOffsetBytes), 10);
  assert.equal(kernel.scopeCount(resultOffsetBytes), 10);
  assert.equal(kernel.recordCount(resultOffsetBytes), 1000);
});

it('scan() takes the empty message', () => {
  check(new Uint8Array(0), ScanStatus.Ok, 0);
  assert.equal(kernel.recordCount(resultOffsetBytes), 0);
});

it('scan() says what is wrong and where', () => {
  check(Uint8Array.of(0x0a, 0x05, 0x00), ScanStatus.Truncated, 2);
  check(Uint8Array.of(0x0a), ScanStatus.Truncated, 1);
  check(Uint8Array.of(0x00), ScanStatus.BadTag, 0);
  check(Uint8Array.of(0x0e), ScanStatus.BadTag, 0);
  check(Uint8Array.of(0x0a, ...Array(10).fill(0x80), 0), ScanStatus.BadVarint, 1);
  check(delimited(1, delimited(3, Uint8Array.of(0x61, 0xff))), ScanStatus.BadUtf8, 4);
  check(Uint8Array.of(0x7b, 0x84, 0x01), ScanStatus.BadGroup, 1);
  check(Uint8Array.of(0x7c), ScanStatus.BadGroup, 1);
});

it('scan() calls what lenient readers forgive by its name', () => {
  // ResourceLogs of two bytes, whose schema_url takes three.
  check(Uint8Array.of(0x0a, 0x02, 0x1a, 0x01, 0x61), ScanStatus.Overrun, 5);
  check(Uint8Array.of(0x08, 0x00), ScanStatus.WireType, 1);
  check(Uint8Array.of(0x0a, 0x80, 0x80, 0x80, 0x80, 0x10), ScanStatus.VarintOverflow, 1);
  check(Uint8Array.of(0x78, ...Array(10).fill(0x80), 0), ScanStatus.VarintOverflow, 1);
});

function checkCount(message: Uint8Array, expected: number): void {
  bytes.set(message, messageOffsetBytes);
  const answer = kernel.countRecords(messageOffsetBytes, message.length);
  assert.equal(answer, expected, Buffer.from(message).toString('hex'));
}

it('countRecords() counts records by lengths alone, whatever is in them', () => {
  checkCount(typicalRequest(1000, 10), 1000);
  checkCount(new Uint8Array(0), 0);
  checkCount(delimited(1, delimited(1, text('no scope'))), 0);
  const rubbish = delimited(2, Uint8Array.of(0xff, 0x07, 0x00));
  checkCount(delimited(1, delimited(2, [rubbish, rubbish])), 2);
  checkCount(delimited(1, [delimited(2, rubbish), delimited(2, rubbish)]), 2);
  // Fields of other numbers and types between them, a group with a record's tag in it too.
  const others = Uint8Array.of(0x78, 0x80, 0x01, 0x1b, 0x12, 0x00, 0x1c, 0x1d, 1, 2, 3, 4);
  checkCount(delimited(1, delimited(2, [others, rubbish, others])), 1);
});

it('countRecords() is -1 for lengths that do not fit and tags that are none', () => {
  checkCount(Uint8Array.of(0x0a), -1);
  checkCount(Uint8Array.of(0x0a, 0x05, 0x00), -1);
  checkCount(Uint8Array.of(0x08, 0x00), -1);
  checkCount(Uint8Array.of(0x0e), -1);
  checkCount(Uint8Array.of(0x7b), -1);
  checkCount(Uint8Array.of(0x0a, ...Array(10).fill(0x80), 0), -1);
  // A length of 2^32 + 0, and a record of two bytes in a ScopeLogs of three.
  checkCount(Uint8Array.of(0x0a, 0x80, 0x80, 0x80, 0x80, 0x10), -1);
  checkCount(Uint8Array.of(0x0a, 0x05, 0x12, 0x03, 0x12, 0x02, 0x00, 0x00), -1);
});

it('isLoose() is true for exactly the statuses from Overrun on', () => {
  const loose = Object.entries(ScanStatus).filter(([, status]) => isLoose(status));
  assert.deepEqual(
    loose.map(([name]) => name),
    ['Overrun', 'WireType', 'VarintOverflow'],
  );
});

it('ScanStatus and SpliceStatus are the numbers of the module', () => {
  const source = readFileSync(new URL('../../kernel/assembly/status.ts', import.meta.url), 'utf8');
  const theirs = [...source.matchAll(/export const (\w+): i32 = (-?\d+);/g)].map(
    ([, name, value]) => `${name} ${value}`,
  );
  const ours = Object.entries({ ...ScanStatus, ...SpliceStatus }).map(
    ([name, value]) => `${name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()} ${value}`,
  );
  assert.deepEqual(ours, theirs);
});

it('scan(), countRecords() and spliceResources() work above 2 GiB and up to the end of a 4 GiB memory', () => {
  // Reserved, not touched: only the few pages below are ever backed by memory.
  const large = new WebAssembly.Memory({ initial: 65_536, maximum: 65_536, shared: true });
  const view = new Uint8Array(large.buffer);
  const high = Kernel.create(large);
  const message = typicalRequest(20);
  const plan = encodeSplicePlan([{ key: 'host.name', action: 'upsert', value: 'n' }]);
  const resultAt = 2 ** 31 + 65_536 + 4;
  const planAt = 2 ** 31 + 131_072;
  view.set(plan, planAt);
  for (const offsetBytes of [2 ** 31 - 1000, 2 ** 31 + 4096, 2 ** 32 - 1 - message.length]) {
    view.set(message, offsetBytes);
    assert.equal(high.scan(offsetBytes, message.length, resultAt), ScanStatus.Ok);
    assert.equal(high.recordCount(resultAt), 20);
    assert.equal(high.countRecords(offsetBytes, message.length), 20);
    assert.equal(high.countRecords(offsetBytes, message.length - 1), -1);
    assert.equal(high.scan(offsetBytes, message.length - 1, resultAt), ScanStatus.Truncated);
    const dstAt = 3 * 2 ** 30;
    const written = high.spliceResources(
      offsetBytes,
      message.length,
      dstAt,
      message.length,
      planAt,
      plan.length,
    );
    // host.name goes from "node-0" to "n".
    assert.equal(written, message.length - 5);
    assert.equal(high.scan(dstAt, written, resultAt), ScanStatus.Ok);
  }
});

it('spliceResources() gives a ResourceLogs without a resource one', () => {
  const plan = encodeSplicePlan([{ key: 'k', action: 'insert', value: 'v' }]);
  const source = delimited(1, delimited(3, text('schema')));
  const added = delimited(
    1,
    delimited(1, [delimited(1, text('k')), delimited(2, delimited(1, text('v')))]),
  );
  const expected = delimited(1, Buffer.concat([added, delimited(3, text('schema'))]));
  bytes.set(plan, 4096);
  bytes.set(source, 8192);
  const written = kernel.spliceResources(8192, source.length, 16_384, 4096, 4096, plan.length);
  assert.deepEqual(Buffer.from(bytes.slice(16_384, 16_384 + written)), Buffer.from(expected));
});

it('spliceResources() refuses messages that it cannot follow to the attributes', () => {
  const plan = encodeSplicePlan([{ key: 'k', action: 'insert', value: 'v' }]);
  bytes.set(plan, 4096);
  for (const source of [
    Uint8Array.of(0x08, 0x00), // resource_logs as a varint
    Uint8Array.of(0x0a, 0x02, 0x08, 0x00), // resource as a varint
    Uint8Array.of(0x0a, 0x01, 0x0a, 0x00), // resource beyond its ResourceLogs
    Uint8Array.of(0x0a, 0x03, 0x0a, 0x02, 0x0a, 0x00), // attributes beyond their Resource
    Uint8Array.of(0x0a, 0x06, 0x0a, 0x04, 0x0a, 0x02, 0x0a, 0x01, 0x61), // key
    Uint8Array.of(0x0a, 0x05, 0x00),
    Uint8Array.of(0x7b),
    Uint8Array.of(0x7c),
  ]) {
    bytes.set(source, 8192);
    const answer = kernel.spliceResources(8192, source.length, 16_384, 4096, 4096, plan.length);
    assert.equal(answer, SpliceStatus.Malformed, Buffer.from(source).toString('hex'));
  }
});

it('spliceResources() refuses a plan that points outside of itself', () => {
  const plan = encodeSplicePlan([{ key: 'k', action: 'insert', value: 'v' }]);
  const source = typicalRequest(1);
  bytes.set(source, 8192);
  for (const [at, value] of [
    [0, 65],
    [16, plan.length],
    [20, 0xffffffff],
    [40, 0xfffffff0],
    [44, plan.length],
  ] as const) {
    const damaged = plan.slice();
    new DataView(damaged.buffer).setUint32(at, value, true);
    bytes.set(damaged, 4096);
    const answer = kernel.spliceResources(8192, source.length, 16_384, 4096, 4096, plan.length);
    assert.equal(answer, SpliceStatus.BadPlan);
  }
});

it('Kernel asserts that its arguments lie in the memory and apart', () => {
  const end = bytes.length;
  assert.throws(() => kernel.scan(end - 9, 10, 0), /outside the arena/);
  assert.throws(() => kernel.scan(-1, 10, 0), /not a place/);
  assert.throws(() => kernel.scan(1.5, 10, 0), /not a place/);
  assert.throws(() => kernel.scan(4096, 10, end - scanResultSizeBytes + 1), /outside the arena/);
  assert.throws(() => kernel.scan(4096, 10, 4000), /overlap/);
  assert.throws(() => kernel.spliceResources(0, 100, 99, 100, 4096, 16), /overlap/);
  assert.throws(() => kernel.spliceResource(0, 100, 200, end, 4096, 16), /outside the arena/);
});
