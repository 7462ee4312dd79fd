import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ctlProgram } from './ctl-program.ts';
import { usageFault } from './usage-fault.ts';

const program = ctlProgram(
  () => assert.fail('ran a command'),
  () => '1.2.3',
);

test('usageFault() names the help of the command that was meant', () => {
  const hints = {
    'gs-ctl --help': ['staus', 'override', 'set'],
    'gs-ctl override --help': ['override', 'sett'],
    'gs-ctl override set --help': ['override', 'set', 'purple', '--ttl', '1m'],
    'gs-ctl vault dead-letter purge --help': ['vault', 'dead-letter', 'purge', '--al'],
  };
  for (const [hint, words] of Object.entries(hints)) {
    assert.equal(usageFault({ message: 'error: x' }, program, words).hint, hint);
  }
});

test('usageFault() is one line', async () => {
  const error = await program.parseAsync(['staus'], { from: 'user' }).catch((reason) => reason);
  const { message } = usageFault(error, program, ['staus']);
  assert.equal(message, "unknown command 'staus' (Did you mean status?)");
});
