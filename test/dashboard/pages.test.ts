// Scenario: an operator opens the dashboard of an engine that producers send to, on a wide screen
// and on a narrow one, dark and light, and goes through its pages; a record wants to be markup.
// Guarantees: every page shows what the engine says, fits the screen, keeps nobody out (axe-core
// has no serious finding) and gives the browser no reason to complain; what a producer wrote is
// text.

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { type ControlEngine, startControlEngine } from '../control/control-engine.ts';
import { SteadyProducer } from '../support/steady-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  accessFaults,
  keepScreenshot,
  narrow,
  openTab,
  overflowPx,
  startBrowser,
  type Tab,
  wide,
} from './browser-tab.ts';
import { type DashboardRig, startDashboards } from './dashboard-rig.ts';
import { shopLogs } from './shop-logs.ts';

const vault = temporaryDirectory('dashboard-vault');
let control: ControlEngine;
let producer: SteadyProducer;
let rig: DashboardRig;
let browser: Browser;
let tab: Tab;
before(async () => {
  control = await startControlEngine({ sections: { vault: { directory: vault.path } } });
  producer = await SteadyProducer.start(control.engine.port, shopLogs(40));
  rig = await startDashboards(control.port);
  browser = await startBrowser();
  tab = await openTab(browser, await rig.link('operator'));
});
after(async () => {
  await browser.close();
  await rig.close();
  await producer.stop();
  await control.close();
  vault.remove();
});

async function go(name: string): Promise<void> {
  await tab.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  await tab.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' });
}

interface PageCase {
  readonly name: string;
  /** What shows that the page has its figures. */
  readonly has: RegExp;
  /** Before it is looked at. */
  readonly open?: () => Promise<void>;
}

const pages: readonly PageCase[] = [
  { name: 'Now', has: /Every batch is accounted for|between two counts/ },
  { name: 'Why', has: /host_memory_percent/ },
  { name: 'Vault', has: /There is no dead letter/ },
  { name: 'Replay', has: /takes batches/ },
  {
    name: 'Tap',
    has: /onerror=/,
    open: () => tab.getByRole('button', { name: 'Open', exact: true }).click(),
  },
  { name: 'Config', has: /receivers:/ },
];

for (const { name, has, open } of pages) {
  test(`${name} shows its figures at 400 and 1280 px, dark and light, to everybody`, async () => {
    await go(name);
    await open?.();
    await tab.getByRole('main').getByText(has).first().waitFor();
    for (const size of [wide, narrow]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await tab.setViewportSize(size);
        await tab.emulateMedia({ colorScheme });
        const look = `${name.toLowerCase()}-${size.width}-${colorScheme}`;
        assert.deepEqual(await accessFaults(tab), [], look);
        assert.ok((await overflowPx(tab)) <= 0, `${look}: wider than the screen`);
        await keepScreenshot(tab, look);
      }
    }
    assert.deepEqual(tab.complaints, []);
    await tab.setViewportSize(wide);
  });
}

test('Config shows what the last reload has changed', async () => {
  const { engine } = control;
  appendFileSync(join(engine.directory, 'gophership.yaml'), 'replay:\n  rate: 2MiB/s\n');
  engine.signal('SIGHUP');
  await engine.waitForLog(({ msg }) => msg.startsWith('read certificates'), 'the reload');
  await go('Config');
  await tab.getByRole('button', { name: 'Read again' }).click();
  const diff = tab.getByRole('region', { name: 'Last change' });
  const added = diff.locator('.diff-added').filter({ hasText: 'rate' });
  assert.match((await added.first().textContent()) ?? '', /added: .*rate: /);
  assert.deepEqual(await accessFaults(tab), []);
});

test('records are text, whatever a producer wrote, and their attributes are folded', async () => {
  await go('Tap');
  await tab.getByLabel('Match').fill('severity=error body=onerror');
  await tab.getByLabel('Match').press('Enter');
  const first = tab.locator('.tap li').first();
  await first.waitFor();
  await tab.getByRole('button', { name: 'Close' }).click();
  const body = await first.locator('.tap-body').textContent();
  assert.match(
    body ?? '',
    /^<img src=x onerror=.*<\/script>\\u001b\[31mred\\u0007\\u202egnp\.exe$/,
  );
  assert.equal(await tab.locator('main img, main b, main script').count(), 0);
  const fold = first.getByText('http.route');
  assert.equal(await fold.isVisible(), false);
  await first.locator('summary').click();
  assert.equal(await fold.isVisible(), true);
  assert.deepEqual(tab.complaints, []);
});

test('a match that is none is explained, and nothing is asked', async () => {
  await tab.getByLabel('Match').fill('severity');
  await tab.getByLabel('Match').press('Enter');
  await tab.getByRole('alert').getByText('is not key=value').waitFor();
  assert.equal(await tab.getByRole('button', { name: 'Close' }).isDisabled(), true);
});

test('the address has no token, a reload stays in, and the link opens no second tab', async () => {
  const link = await rig.link('viewer');
  const first = await openTab(browser, link);
  await first.getByRole('heading', { level: 2, name: 'Zones' }).waitFor();
  assert.equal(new URL(first.url()).hash, '');
  await first.reload();
  await first.getByRole('heading', { level: 2, name: 'Zones' }).waitFor();
  const second = await openTab(browser, link);
  await second.getByRole('alert').getByText('gs-ctl dashboard').first().waitFor();
  assert.deepEqual(await accessFaults(second), []);
  assert.equal(await second.getByRole('navigation').count(), 0);
  await first.context().close();
  await second.context().close();
});

test('"Another tab" opens one that is let in', async () => {
  const opening = tab.context().waitForEvent('page');
  await tab.getByRole('button', { name: 'Another tab' }).click();
  const other = await opening;
  await other.getByRole('heading', { level: 2, name: 'Zones' }).waitFor();
  await other.close();
});
