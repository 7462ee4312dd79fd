// Scenario: the dashboard is open while producers send twenty times as much as usual and the
// downstream is dead, in a small memory cgroup with default settings, until the engine is Red; then
// the downstream is back and the vault empties.
// Guarantees: the page keeps saying which zone acts and that its views are paused, it is full again
// when Red is over, with nothing missing in between, and it shows the replay and its end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usualLoad } from '../blackswan/loads.ts';
import { SwanRig } from '../blackswan/swan-rig.ts';
import { boxUnavailable } from '../support/memory-box.ts';
import { keepScreenshot, openTab, startBrowser } from './browser-tab.ts';
import { startDashboards } from './dashboard-rig.ts';

const skip = boxUnavailable() ?? false;

test('the page through a flood: Green, Red, the replay, Green', { skip }, async (context) => {
  const load = usualLoad(8, 64);
  const swan = await SwanRig.create(context, {
    boxMiB: 128,
    producers: [load],
    sinkState: 'ok',
    config: { replay: { rate: '16MiB/s' } },
  });
  const rig = await startDashboards(swan.engine.controlPort);
  context.after(() => rig.close());
  const browser = await startBrowser();
  context.after(() => browser.close());
  const tab = await openTab(browser, await rig.link('operator'));
  const go = (name: string) =>
    tab.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  const zone = tab.locator('.head .zone');

  await swan.order({ kind: 'connect' });
  await swan.pace([load.perSecond / 4]);
  await tab.getByText('Every batch is accounted for').waitFor();
  await tab.waitForTimeout(4_000);
  await keepScreenshot(tab, 'flood-1-before');

  await swan.enter('blackhole');
  await swan.pace([load.perSecond * 20]);
  await tab.getByText('Live views are paused in Red', { exact: true }).waitFor();
  assert.match((await zone.textContent()) ?? '', /Red/);
  await tab.waitForTimeout(4_500);
  await keepScreenshot(tab, 'flood-2-red');

  await swan.pace([load.perSecond / 4]);
  await swan.enter('ok');
  await tab.getByText('Live views are paused in Red').waitFor({ state: 'detached' });
  await go('Replay');
  await tab.getByText('until nothing waits').waitFor();
  await tab.waitForTimeout(3_000);
  await keepScreenshot(tab, 'flood-3-replay');

  await go('Now');
  const ribbon = tab.locator('.ribbon');
  await ribbon.getByText(/Red \d+/).waitFor();
  assert.doesNotMatch((await ribbon.textContent()) ?? '', /Not known/);
  assert.deepEqual(tab.complaints, []);
  await swan.pace([]);
  assert.equal(swan.exitCode, undefined);
});
