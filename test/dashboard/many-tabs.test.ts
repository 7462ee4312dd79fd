// Scenario: one dashboard has as many tabs as it may have: pages without a browser beside as many
// other watches as the engine has room for, and then tabs of one browser.
// Guarantees: all see the zone change, and the engine has one watch for them; a watch more than it
// has room for is refused, and the places are free when the tabs have gone. In one browser, which
// has six connections for all of its tabs, each tab is live, its calls are answered, and a tap
// still finds a place.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { dashboardSessionsMax, watchStreamsMax } from '../../src/limits.ts';
import type { ConnectStream } from '../control/connect-stream.ts';
import { controlCertificates } from '../control/control-certificates.ts';
import { ControlClient } from '../control/control-client.ts';
import { type ControlEngine, startControlEngine } from '../control/control-engine.ts';
import { controlName, PageClient } from '../support/page-client.ts';
import { openTab, startBrowser } from './browser-tab.ts';
import { type DashboardRig, startDashboards } from './dashboard-rig.ts';

const watchStatus = `${controlName}/WatchStatus`;
const hold = { zone: 'ZONE_RED', duration: '120s', reason: 'all tabs look' };
const release = { reason: 'all tabs have seen it' };

let control: ControlEngine;
let rig: DashboardRig;
before(async () => {
  control = await startControlEngine();
  rig = await startDashboards(control.port);
});
after(async () => {
  await rig.close();
  await control.close();
});

test('eight pages see the zone change, and are one watch for the engine', async () => {
  const first = await PageClient.open(await rig.link('operator'));
  const pages = [first];
  while (pages.length < dashboardSessionsMax) pages.push(await PageClient.open(await first.link()));
  const { viewer } = await controlCertificates();
  const other = await ControlClient.connect(control.port, viewer);
  // All places but one are taken.
  const watches = Array.from({ length: watchStreamsMax - 1 }, () => other.watch('WatchStatus'));
  await Promise.all(watches.map((watch) => watch.next()));
  const streams = pages.map((page) => page.stream(watchStatus));
  for (const line of await Promise.all(streams.map((stream) => stream.next()))) {
    assert.ok(line.value.message?.status !== undefined, JSON.stringify(line.value));
  }
  const { code, errorText } = await other.watch('WatchStatus').ended;
  assert.equal(code, 'resource_exhausted', errorText);
  assert.equal((await first.call(`${controlName}/SetOverride`, hold)).status, 200);
  const isRed = ({ message }: { message?: { heartbeat?: string } }) =>
    message?.heartbeat === 'ZONE_RED';
  for (const stream of streams) {
    while (!isRed((await stream.next()).value)) {} // it ends, or the test's time does
  }
  await first.call(`${controlName}/ClearOverride`, release);
  await Promise.all(streams.map((stream) => stream.return(undefined)));
  // The place is free as soon as the engine has heard that they left.
  while (!(await isOpened(other.watch('WatchStatus')))) {}
  other.close();
});

function isOpened(watch: ConnectStream): Promise<boolean> {
  return watch.next().then(
    () => true,
    () => false,
  );
}

test('eight tabs of one browser are live, answer to clicks, and leave a place for a tap', async (context) => {
  const browser = await startBrowser();
  context.after(() => browser.close());
  const first = await openTab(browser, await rig.link('operator'));
  await zones(first).waitFor();
  const tabs: Page[] = [first];
  while (tabs.length < dashboardSessionsMax) tabs.push(await anotherTab(first));
  await Promise.all(tabs.map((tab) => zones(tab).waitFor()));
  // Somebody else, who takes no place here.
  const page = await PageClient.open(await rig.link('operator'));
  await page.call(`${controlName}/SetOverride`, hold);
  const paused = (tab: Page) => tab.getByText('Live views are paused in Red', { exact: true });
  await Promise.all(tabs.map((tab) => paused(tab).waitFor()));
  await page.call(`${controlName}/ClearOverride`, release);
  await Promise.all(tabs.map((tab) => paused(tab).waitFor({ state: 'detached' })));
  for (const tab of [tabs[0]!, tabs.at(-1)!]) {
    await tab.getByRole('navigation').getByRole('link', { name: 'Config', exact: true }).click();
    await tab.getByText('receivers').first().waitFor();
  }
  await first.getByRole('navigation').getByRole('link', { name: 'Tap', exact: true }).click();
  await first.getByRole('button', { name: 'Open', exact: true }).click();
  await first.getByText('Open. Newest first').waitFor();
  assert.deepEqual(first.complaints, []);
});

const zones = (tab: Page) => tab.getByRole('heading', { level: 2, name: 'Zones' });

async function anotherTab(tab: Page): Promise<Page> {
  const opening = tab.context().waitForEvent('page');
  await tab.getByRole('button', { name: 'Another tab' }).click();
  return opening;
}
