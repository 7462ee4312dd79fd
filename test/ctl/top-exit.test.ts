// Scenario: `gs-ctl top` in a real terminal (tmux) ends in every way there is: by keys, signals,
// faults, without its engine, without its terminal; and it is suspended.
// Guarantees: the terminal is as it was before: the shell's screen, a cursor, echo, line editing;
// what went wrong can be read there, and exit codes are those of any program.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { inTop, TopRig } from './top-rig.ts';

let rig: TopRig;
before(async () => {
  rig = await TopRig.open();
});
afterEach(() => rig.reset());
after(() => rig.close());

test('Ctrl-C gives the terminal back', async () => {
  const terminal = await rig.started();
  terminal.press('C-c');
  await terminal.seeRestored(/exit=0/);
});

for (const [signal, exit] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
] as const) {
  test(`${signal} gives the terminal back, and ends it as ever`, async () => {
    const terminal = await rig.started();
    process.kill(rig.pid, signal);
    await terminal.seeShell();
    // Of a list of commands bash does not go on after SIGINT.
    if (signal === 'SIGINT') terminal.run('echo "exit=$?"');
    await terminal.seeRestored(new RegExp(`exit=${exit}`));
  });
}

for (const [where, words] of [
  ['frame', /Error: a fault in a frame/],
  ['elsewhere', /Error: a fault elsewhere/],
] as const) {
  test(`a fault of ours (${where}) is read in the terminal that was given back`, async () => {
    const terminal = rig.terminal(80, 40);
    terminal.run(`./crashing-top ${where}; echo "exit=$?"`);
    assert.match(await terminal.see(/exit=1/), words);
    await terminal.seeRestored(/exit=1/);
  });
}

test('an engine that goes away is waited for, and q still gives the terminal back', async () => {
  const terminal = await rig.started();
  await terminal.see(/ live$/m);
  rig.goAway();
  await terminal.see(/LOST[\s\S]*trying again.*UNREACHABLE/);
  await rig.comeBack();
  await terminal.see(/ live$/m);
  rig.goAway();
  await terminal.see(/LOST/);
  terminal.press('q');
  await terminal.seeRestored(/exit=0/);
  await rig.comeBack();
});

test('an engine that refuses us when it is back is an error in the given-back terminal', async () => {
  const terminal = await rig.started();
  rig.isDenying = true;
  rig.goAway();
  await rig.comeBack();
  const text = await terminal.see(/exit=4/);
  assert.match(text, /^error: CONTROL_DENIED: no role any more/m);
  await terminal.seeRestored(/exit=4/);
});

test('without an engine there is an error and never another screen', async () => {
  const terminal = rig.terminal(80, 24);
  rig.goAway();
  const log = join(rig.directory.path, 'written');
  terminal.record(log);
  terminal.run('./top; echo "exit=$?"');
  await terminal.seeRestored(/exit=3/);
  const written = readFileSync(log, 'utf8');
  assert.match(written, /error: UNREACHABLE/);
  assert.ok(!written.includes('\u001b[?1049h'), 'never on another screen');
  await rig.comeBack();
});

test('Ctrl-Z gives the terminal back until fg', async () => {
  const terminal = await rig.started();
  terminal.press('C-z');
  await terminal.seeRestored(/Stopped/);
  terminal.run('fg');
  await terminal.see(/SIGNALS/);
  assert.deepEqual(terminal.modes, inTop);
  // From outside, as `kill -TSTP` does.
  process.kill(rig.pid, 'SIGTSTP');
  await terminal.seeRestored(/Stopped/);
  terminal.run('fg');
  await terminal.see(/SIGNALS/);
  terminal.press('q');
  await terminal.seeShell();
  terminal.run('echo "then=$?"');
  await terminal.seeRestored(/then=0/);
});

test('a terminal that is gone ends it', async () => {
  const terminal = await rig.started();
  const gone = rig.pid;
  await terminal.close();
  const deadline = performance.now() + 10_000;
  while (existsSync(`/proc/${gone}`) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(existsSync(`/proc/${gone}`), false);
});
