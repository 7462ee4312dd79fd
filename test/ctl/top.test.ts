// Scenario: people look at an engine with `gs-ctl top` in a real terminal (tmux), of several sizes,
// and press every key.
// Guarantees: the screen fits; what keys say happens; changes need a yes, and their undo is told;
// nothing that the engine says drives the terminal.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Zone } from '../../src/generated/gophership/control/v1/control_pb.js';
import { TopRig } from './top-rig.ts';

let rig: TopRig;
before(async () => {
  rig = await TopRig.open();
});
afterEach(() => rig.reset());
after(() => rig.close());

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [60, 15],
] as const) {
  test(`top fits ${columns}x${rows}, and q gives the terminal back`, async () => {
    const terminal = await rig.started(columns, rows);
    const text = await terminal.see(/^ received +[\d,]+ /m);
    for (const words of [
      /web-1/,
      / Yellow {2}for 12s: arena/,
      /loop_delay_p99/,
      /^ VAULT +open/m,
    ]) {
      assert.match(text, words);
    }
    assert.match(text, /^ REPLAY +waits +20 waiting/m);
    assert.match(text, /EVENTS\n 03:04:05 +zone +Green -> Yellow/);
    assert.match(terminal.screen.at(-1) ?? '', /^\? help {2}q quit/);
    assert.equal(terminal.screen.length, rows);
    terminal.press('q');
    await terminal.seeRestored(/exit=0/);
  });
}

test('top follows the size of the terminal', async () => {
  const terminal = await rig.started(120, 40);
  for (const [columns, rows] of [
    [60, 15],
    [30, 8],
    [200, 50],
  ] as const) {
    terminal.resize(columns, rows);
    await terminal.see(columns < 120 ? /^.SIGNALS[^\n]*(VALUE|1 of 4$)/m : /LAST 60 S/);
    assert.equal(terminal.screen.length, rows);
    assert.match(terminal.screen.at(-1) ?? '', /^\? help/);
  }
  terminal.press('q');
  await terminal.seeRestored(/exit=0/);
});

test('keys turn to help, events, ledger and back, filter, move and freeze', async () => {
  const terminal = await rig.started();
  terminal.press('?');
  await terminal.see(/freeze the screen, and go on/);
  terminal.press('e');
  await terminal.see(/^ EVENTS[\s\S]*2026-01-02 03:04:05\.000 +zone +Green -> Yellow/m);
  terminal.press('l');
  await terminal.see(/balanced: every batch is accounted for[\s\S]*received +12,345/);
  terminal.press('Escape');
  await terminal.see(/▸SIGNALS/);
  terminal.type('/mem');
  await terminal.see(/\/mem/);
  await terminal.seeNothingOf(/arena_percent {2}/);
  terminal.press('Enter');
  await terminal.see(/SIGNALS.*\/mem$/m);
  terminal.press('Escape', 'Tab');
  await terminal.see(/▸DESTINATIONS/);
  terminal.press('BTab', 'BTab');
  await terminal.see(/▸EVENTS/);
  terminal.press('Space');
  await terminal.see(/FROZEN$/m);
  const received = /^ received.*$/m;
  const [frozen] = received.exec(await terminal.see(/[3-9]s old/)) ?? [];
  assert.equal(received.exec(terminal.screen.join('\n'))?.[0], frozen);
  terminal.press('Space');
  await terminal.see(/ live$/m);
  terminal.press('q');
  await terminal.seeRestored(/exit=0/);
});

test('an override is filled in, planned, and only y does it; the way back is told', async () => {
  const terminal = await rig.started(100, 30);
  terminal.type('o');
  await terminal.see(/hold a zone[\s\S]*zone +green +\[yellow\] +red/);
  terminal.type('r');
  terminal.press('Enter', 'C-u');
  terminal.type('soon');
  terminal.press('Enter');
  terminal.type('disk swap');
  terminal.press('Enter');
  await terminal.see(/not a duration/);
  terminal.press('C-u');
  terminal.type('10m');
  terminal.press('Enter', 'Enter');
  const plan = await terminal.see(/Do it\? \[y\/n\]/);
  assert.match(plan, /hold web-1 \(127\.0\.0\.1:\d+\) in Red for 10m/);
  assert.match(plan, /undo: gs-ctl override clear --reason undo --address/);
  assert.deepEqual(rig.told, []);
  terminal.type('n');
  await terminal.seeNothingOf(/Do it/);
  assert.deepEqual(rig.told, []);
  terminal.type('ogg');
  terminal.press('Enter', 'Enter');
  terminal.type('quiet');
  terminal.press('Enter');
  await terminal.see(/in Green for 15m[\s\S]*Do it/);
  terminal.type('y');
  await terminal.see(/^done; to undo: gs-ctl override clear/m);
  assert.deepEqual(rig.told, [[Zone.GREEN, 900_000, 'quiet']]);
  terminal.type('q');
  await terminal.see(/^done: hold web-1 .* in Green for 15m; to undo: gs-ctl/m);
  await terminal.seeRestored(/exit=0/);
});

test('the replay is paused after a yes, and an engine that cannot says so', async () => {
  const terminal = await rig.started();
  terminal.type('p');
  await terminal.see(/pause the replay/);
  terminal.type('busy');
  terminal.press('Enter');
  await terminal.see(/now: running.*20 batches wait[\s\S]*gs-ctl replay resume[\s\S]*Do it/);
  terminal.type('y');
  await terminal.see(/^done; to undo/m);
  assert.deepEqual(rig.told, [['pause', 'busy']]);
  terminal.type('q');
  await terminal.seeRestored(/exit=0/);
});

test('a viewer is told why nothing can be changed', async () => {
  rig.role = 'viewer';
  const terminal = await rig.started();
  for (const key of ['o', 'p']) {
    terminal.type(key);
    await terminal.see(/^this needs the role operator; your certificate has the role viewer/m);
    terminal.press('Escape');
  }
  assert.deepEqual(rig.told, []);
  terminal.type('q');
  await terminal.seeRestored(/exit=0/);
});

test('in Red the screen says that it is paused, with the figures of before in grey', async () => {
  const terminal = await rig.started();
  await terminal.see(/ live$/m);
  rig.zone = Zone.RED;
  await terminal.see(/PAUSED[\s\S]* Red [\s\S]*live view paused in Red: figures are \d+s old/);
  assert.match(terminal.screen.join('\n'), /loop_delay_p99/);
  rig.zone = Zone.YELLOW;
  await terminal.see(/ live$/m);
  terminal.type('q');
  await terminal.seeRestored(/exit=0/);
});

test('colours are there, and NO_COLOR takes them away', async () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const colour = /\u001b\[[\d;]*\b3[1-6]m/;
  const coloured = await rig.started();
  assert.match(coloured.styledScreen, colour);
  const plain = await rig.started(80, 24, { NO_COLOR: '1' });
  assert.doesNotMatch(plain.styledScreen, colour);
  assert.match(plain.screen.join('\n'), / Yellow /);
  const ascii = await rig.started(80, 24, { LANG: 'C', LC_ALL: 'C' });
  assert.match(ascii.screen.join('\n'), />SIGNALS/);
  for (const terminal of [coloured, plain, ascii]) {
    terminal.type('q');
    await terminal.seeRestored(/exit=0/);
  }
});

test('nothing that the engine says drives the terminal', async () => {
  rig.host = 'evil\u001b]0;title\u0007\u001b[2J\u009b31m\u202e 名前';
  const terminal = await rig.started(120, 24);
  await terminal.see(/evil\\u001b\]0;title/);
  assert.match(terminal.screen[0] ?? '', /名前.* live$/);
  terminal.type('q');
  await terminal.seeRestored(/exit=0/);
});

test('--once prints a frame, on a terminal and elsewhere', async () => {
  const terminal = rig.terminal(100, 30);
  terminal.run('./top --once; echo "exit=$?"');
  assert.match(await terminal.see(/exit=0/), /SIGNALS[\s\S]*REPLAY/);
  terminal.run('clear; COLUMNS=60 ./top --once | wc -L; echo "then=$?"');
  assert.match(await terminal.see(/then=0/), /^(60|5\d)$/m);
  terminal.run('clear; ./top | cat; ./top -o json; TERM=dumb ./top');
  await terminal.see(/(USAGE[\s\S]*){3}/);
  await terminal.seeRestored(/USAGE/);
});
