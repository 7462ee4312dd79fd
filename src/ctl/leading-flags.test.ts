import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadingFlagsLast } from './leading-flags.ts';

function check(given: string, expected: string): void {
  assert.equal(leadingFlagsLast(given.split(' ')).join(' '), expected);
}

test('leadingFlagsLast() moves flags that come before the command behind it', () => {
  check('status --context a', 'status --context a');
  check('--context a status -w', 'status -w --context a');
  check('-o json --address=h:1 override set red', 'override set red -o json --address=h:1');
  check('--ca x certs inspect -- --ca', 'certs inspect --ca x -- --ca');
  check('--unknown x status', '--unknown x status');
  check('--context', '--context');
});
