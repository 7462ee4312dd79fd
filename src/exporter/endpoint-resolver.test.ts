import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointResolver } from './endpoint-resolver.ts';

test('addresses() keeps the last answer when a lookup fails, and rejects only without one', async () => {
  const answers = [[], ['10.0.0.1', '10.0.0.2'], new Error('SERVFAIL'), [], ['10.0.0.3']];
  const resolver = new EndpointResolver('collector', async () => {
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
  const resolver = new EndpointResolver('collector', lookup);
  await Promise.all([resolver.addresses(), resolver.addresses(), resolver.addresses()]);
  assert.equal(lookups, 1);
  assert.deepEqual(await new EndpointResolver('[::1]', lookup).addresses(), ['::1']);
  assert.equal(new EndpointResolver('127.0.0.1', lookup).isName, false);
  assert.equal(lookups, 1);
});
