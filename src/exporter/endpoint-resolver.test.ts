import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { EndpointResolver } from './endpoint-resolver.ts';

test('addresses() keeps the last answer when a lookup fails, and rejects only without one', async () => {
  const answers = [[], ['10.0.0.1', '10.0.0.2'], new Error('SERVFAIL'), [], ['10.0.0.3']];
  const resolver = new EndpointResolver('collector', new FakeClock(), async () => {
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no more');
    return answer;
  });
  await assert.rejects(resolver.addresses(), /no address/);
  const seen = [];
  for (let round = 0; round < 4; round += 1) seen.push(await resolver.addresses());
  const both = ['10.0.0.1', '10.0.0.2'];
  assert.deepEqual(seen, [both, both, both, ['10.0.0.3']]);
});

test('addresses() has at most one lookup under way, and none for an address', async () => {
  let lookups = 0;
  const lookup = async () => {
    lookups += 1;
    return ['10.0.0.1'];
  };
  const resolver = new EndpointResolver('collector', new FakeClock(), lookup);
  await Promise.all([resolver.addresses(), resolver.addresses(), resolver.addresses()]);
  assert.equal(lookups, 1);
  assert.deepEqual(await new EndpointResolver('[::1]', new FakeClock(), lookup).addresses(), [
    '::1',
  ]);
  assert.equal(new EndpointResolver('127.0.0.1', new FakeClock(), lookup).isName, false);
  assert.equal(lookups, 1);
});

test('addresses() gives the last answer when a lookup hangs, and takes its answer when it comes', async () => {
  const clock = new FakeClock();
  const hanging: PromiseWithResolvers<readonly string[]>[] = [];
  const resolver = new EndpointResolver('collector', clock, () => {
    const answer = Promise.withResolvers<readonly string[]>();
    hanging.push(answer);
    return answer.promise;
  });
  const first = resolver.addresses();
  clock.advance(60_000); // without a last answer there is nothing to give
  hanging[0]?.resolve(['10.0.0.1']);
  assert.deepEqual(await first, ['10.0.0.1']);

  const both = [resolver.addresses(), resolver.addresses()];
  let settled = 0;
  for (const one of both) void one.then(() => (settled += 1));
  clock.advance(1_999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(settled, 0);
  clock.advance(1);
  assert.deepEqual(await Promise.all(both), [['10.0.0.1'], ['10.0.0.1']]);
  assert.deepEqual(await resolver.addresses(), ['10.0.0.1'], 'at once from now on');
  assert.equal(hanging.length, 2);

  hanging[1]?.resolve(['10.0.0.2']);
  await new Promise((resolve) => setImmediate(resolve));
  const next = resolver.addresses();
  hanging[2]?.reject(new Error('SERVFAIL'));
  assert.deepEqual(await next, ['10.0.0.2']);
  assert.equal(clock.pendingCount, 0);
});
