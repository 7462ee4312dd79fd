// Scenario: an operator and a viewer look at a running engine, to which a producer has sent, with
// `gs-ctl top` in a real terminal; the operator turns it Red from there, and back.
// Guarantees: the screen shows what the engine does, with a past at once; what is changed there is
// changed in the engine and in its events; in Red the view is paused; a viewer changes nothing.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { OracleProducer } from '../support/oracle-producer.ts';
import { TmuxTerminal } from '../support/tmux-terminal.ts';
import { controlCertificates, operatorName } from './control-certificates.ts';
import { ControlClient } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';
import { type CtlHome, ctlHome } from './ctl-contexts.ts';

let control: ControlEngine;
let home: CtlHome;
let operator: ControlClient;
const terminals: TmuxTerminal[] = [];
before(async () => {
  control = await startControlEngine();
  home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
  operator = await ControlClient.connect(control.port, (await controlCertificates()).operator);
  const launcher = new URL('../../bin/gs-ctl', import.meta.url).pathname;
  writeFileSync(home.path('gs-ctl'), `#!/bin/sh\nexec '${launcher}' "$@"\n`, { mode: 0o700 });
  const producer = await OracleProducer.connect({ port: control.engine.port });
  await producer.send(3);
  producer.close();
});
afterEach(() => operator.call('ClearOverride', { reason: 'a clean start' }));
after(async () => {
  for (const terminal of terminals) await terminal.close();
  operator.close();
  await control.close();
});

function opened(columns: number, rows: number): TmuxTerminal {
  const terminal = new TmuxTerminal({ columns, rows, directory: home.path('.') });
  terminals.push(terminal);
  return terminal;
}

test('top shows what the engine does, with a past at once', async () => {
  const terminal = opened(120, 40);
  terminal.run('./gs-ctl top; echo "exit=$?"');
  const text = await terminal.see(/^ received +[\d.]+ +3 .*[▁▂▃▄▅▆▇█]{2,}$/m);
  assert.match(text, / Green {2}/);
  assert.match(text, /^ arena_percent +[\d.]+ % {2}.*┊.*┃.*[▁▂▃▄▅▆▇█]{2,}$/m);
  assert.match(text, /^ exported +[\d.]+ +3 /m);
  assert.match(text, /^ otlp_grpc +works /m);
  terminal.type('l');
  await terminal.see(/balanced: every batch is accounted for[\s\S]*received +3$/m);
  terminal.type('q');
  await terminal.seeRestored(/exit=0/);
});

test('an operator turns it Red from the screen, sees it paused, and ends that', async () => {
  const terminal = opened(100, 30);
  terminal.run('./gs-ctl top; echo "exit=$?"');
  await terminal.see(/ Green {2}/);
  terminal.type('or');
  terminal.press('Enter', 'Enter');
  terminal.type('from the screen');
  terminal.press('Enter');
  await terminal.see(/in Red for 15m[\s\S]*reason: from the screen[\s\S]*Do it\? \[y\/n\]/);
  terminal.type('y');
  await terminal.see(/PAUSED[\s\S]*live view paused in Red/);
  const { zone } = (await operator.call('GetStatus')).message.status;
  assert.deepEqual([zone.zone, zone.override.reason], ['ZONE_RED', 'from the screen']);
  terminal.type('e');
  await terminal.see(new RegExp(`operator +SetOverride by .*${operatorName}`));
  terminal.press('Escape');
  await operator.call('ClearOverride', { reason: 'enough' });
  await terminal.see(/ live\n Green /);
  terminal.type('q');
  await terminal.see(/^done: hold .* in Red for 15m; to undo: gs-ctl override clear/m);
  await terminal.seeRestored(/exit=0/);
});

test('a viewer looks, and changes nothing', async () => {
  const terminal = opened(80, 24);
  terminal.run('./gs-ctl top --context viewer; echo "exit=$?"');
  await terminal.see(/ Green {2}/);
  terminal.type('o');
  await terminal.see(/needs the role operator; your certificate has the role viewer/);
  terminal.type('q');
  await terminal.seeRestored(/exit=0/);
});

test('top --once is a frame for a script, and refusals have their exit codes', async () => {
  const { out } = await home.run(0, ['top', '--once']);
  assert.match(out, /^GopherShip .*\n Green {2}[\s\S]*SIGNALS[\s\S]*FLOW[\s\S]*VAULT/);
  await home.run(4, ['top', '--once', '--context', 'producer'], /CONTROL_DENIED/);
  await home.run(64, ['top'], /--once/);
});

test('contexts lists those of the home, and completion gets their names', async () => {
  assert.match((await home.run(0, ['contexts'])).out, /^\* +operator +127\.0\.0\.1:/m);
  const { out } = await home.run(0, ['contexts', '--names']);
  assert.deepEqual(out, 'operator\nviewer\nproducer\n');
});
