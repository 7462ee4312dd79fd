// Scenario: an operator who uses the keyboard only, and a viewer, look at an engine of which the
// downstream goes away and comes back; the operator holds it in Red for a while, pauses the
// replay and starts it with a plan, and decides on dead letters; then the engine stops.
// Guarantees: everything can be reached and left with the keyboard; a viewer sees no operator's
// button; in Red the page says that its views pause, and figures turn grey with their age; it says
// so too when the engine is gone, and goes on by itself when that is back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { type ControlEngine, startControlEngine } from '../control/control-engine.ts';
import { SteadyProducer } from '../support/steady-producer.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { accessFaults, keepScreenshot, openTab, startBrowser, type Tab } from './browser-tab.ts';
import { type DashboardRig, startDashboards } from './dashboard-rig.ts';
import { poisonedLogs, shopLogs } from './shop-logs.ts';

const vault = temporaryDirectory('dashboard-vault');
const sections = { vault: { directory: vault.path } };
let control: ControlEngine;
let producer: SteadyProducer;
let rig: DashboardRig;
let browser: Browser;
let tab: Tab;
before(async () => {
  control = await startControlEngine({ sections });
  producer = await SteadyProducer.start(control.engine.port, shopLogs(40));
  rig = await startDashboards(control.port);
  browser = await startBrowser();
  tab = await openTab(browser, await rig.link('operator'));
  await figures('Zones').waitFor();
});
after(async () => {
  await browser.close();
  await rig.close();
  await producer.stop();
  await control.kill();
  vault.remove();
});

function figures(title: string): Locator {
  return tab.locator('section.figures').filter({
    has: tab.getByRole('heading', { level: 2, name: title, exact: true }),
  });
}

async function go(name: string): Promise<void> {
  await tab.getByRole('navigation').getByRole('link', { name, exact: true }).click();
}

/** Tab, until what has the focus is called so. */
async function tabTo(name: string): Promise<void> {
  const reached: string[] = [];
  for (let count = 0; count < 40; count += 1) {
    await tab.keyboard.press('Tab');
    const focused = tab.locator(':focus');
    const text = (await focused.textContent()) || (await focused.getAttribute('id')) || '';
    if (text === name) {
      const outline = await tab.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      assert.equal(outline, 'solid', `the focus on "${name}" can be seen`);
      return;
    }
    reached.push(text);
  }
  assert.fail(`no "${name}" among ${reached.join(' | ')}`);
}

/** Fills in the dialog that is open, and does it. */
async function confirm(verb: string, reason: string): Promise<void> {
  const dialog = tab.getByRole('dialog');
  await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: verb, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

const redNote = () => tab.getByText('Live views are paused in Red', { exact: true });

test('the keyboard is enough: to skip, to change the page, to open and leave a dialog', async () => {
  await tab.locator('body').focus();
  await tabTo('Skip to the page');
  await tab.keyboard.press('Enter');
  assert.equal(await tab.locator(':focus').evaluate(({ tagName }) => tagName), 'MAIN');
  await tab.reload();
  await figures('Zones').waitFor();
  await tabTo('Why');
  await tab.keyboard.press('Enter');
  await figures('This zone').waitFor();
  await tabTo('Hold a zone…');
  await tab.keyboard.press('Enter');
  const dialog = tab.getByRole('dialog', { name: 'Hold a zone' });
  await dialog.waitFor();
  assert.deepEqual(await accessFaults(tab), []);
  await tab.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await tab.locator(':focus').textContent(), 'Hold a zone…');
});

test('an operator holds Red: views pause and say so, figures turn grey with their age', async () => {
  await tab.keyboard.press('Enter');
  const dialog = tab.getByRole('dialog', { name: 'Hold a zone' });
  await dialog.getByLabel('Zone').selectOption('Red');
  await confirm('Hold it', 'a look at Red');
  await redNote().waitFor();
  const news = tab.getByRole('status').filter({ hasText: 'The zone is Red' });
  assert.match((await news.textContent()) ?? '', /Live views are paused/);
  await go('Now');
  const signals = tab
    .locator('section[data-stale=true]')
    .filter({ hasText: 'host_memory_percent' });
  await signals.waitFor();
  assert.match((await signals.locator('.age').textContent()) ?? '', /\d+m?s old/);
  assert.deepEqual(await accessFaults(tab), [], 'grey can still be read');
  await keepScreenshot(tab, 'now-red');
  // Whoever asks is told.
  await tab.getByRole('button', { name: 'Ask once' }).click();
  await signals.waitFor({ state: 'detached' });
  await go('Tap');
  await tab.getByRole('button', { name: 'Open', exact: true }).click();
  await tab.getByRole('alert').getByText('CONTROL_TAP_PAUSED').waitFor();
  assert.deepEqual(tab.complaints, []);
});

test('the end of the override is found in Red, and the views go on', async () => {
  await go('Why');
  await tab.getByRole('button', { name: 'End the override…' }).click();
  await confirm('End it', 'seen');
  await redNote().waitFor({ state: 'detached' });
  await figures('Decisions').getByText('reason: seen').waitFor();
  await go('Now');
  await tab.locator('section[data-stale=true]').first().waitFor({ state: 'detached' });
});

test('a viewer sees what an operator sees, but for what changes anything', async () => {
  const viewer = await openTab(browser, await rig.link('viewer'));
  await viewer.getByText('· viewer').waitFor();
  const buttons = {
    Now: [],
    Why: [],
    Vault: ['Look again'],
    Replay: ['Estimate'],
    Tap: ['Open', 'Close'],
    Config: ['Read again'],
  };
  for (const [name, expected] of Object.entries(buttons)) {
    await viewer.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await viewer.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' });
    for (const button of expected) await viewer.getByRole('button', { name: button }).waitFor();
    const found = await viewer.getByRole('main').getByRole('button').allTextContents();
    assert.deepEqual(found, expected, name);
  }
  assert.deepEqual(viewer.complaints, []);
  await viewer.context().close();
});

test('a downstream that is away shows in destinations, vault and replay', async () => {
  control.sink.mode = { kind: 'unavailable' };
  await go('Now');
  await figures('Destinations').getByText('down').waitFor();
  await go('Vault');
  const again = tab.getByRole('button', { name: 'Look again' });
  await again.click();
  await figures('Segments').getByText('live').waitFor();
  await figures('By hour').getByRole('listitem').first().waitFor();
  await keepScreenshot(tab, 'vault-filled');
  await go('Replay');
  await figures('Destinations').getByText('down').waitFor();
  await tab.getByRole('button', { name: 'Estimate' }).click();
  await tab.getByRole('status').getByText('It would send').waitFor();
  await keepScreenshot(tab, 'replay-estimate');
});

test('an operator pauses the replay, starts one with a plan, and the audit says who', async () => {
  await tab.getByRole('button', { name: 'Pause…' }).click();
  await confirm('Pause it', 'the backend needs a rest');
  await figures('Replay').getByText('paused').waitFor();
  await tab.getByLabel('Order').selectOption('newest first');
  await tab.getByLabel('Rate, MiB/s').fill('0');
  await tab.getByRole('button', { name: 'Start…' }).click();
  await tab.getByRole('alert').getByText('the rate must be').waitFor();
  await tab.getByLabel('Rate, MiB/s').fill('2');
  await tab.getByRole('button', { name: 'Start…' }).click();
  await tab.getByRole('dialog').getByText('newest first').waitFor();
  await confirm('Start it', 'new ones are wanted');
  await figures('Replay').getByText('newest first').waitFor();
  control.sink.mode = { kind: 'ok' };
  await figures('Replay')
    .getByText(/new ones are wanted/)
    .waitFor();
  await go('Why');
  await figures('Decisions').getByText('reason: new ones are wanted').first().waitFor();
});

test('an operator looks at a dead letter, purges it, and redrives the others', async () => {
  const isPoisoned = (request: object) => JSON.stringify(request, wireText).includes('poison');
  const { sink } = control;
  // Of what goes straight through, also to find out whether it works again, the producer is told.
  sink.mode = { kind: 'unavailable' };
  sink.decide = (request) => (isPoisoned(request) ? { kind: 'grpc', status: 3 } : undefined);
  await go('Now');
  await figures('Destinations').getByText('down').waitFor();
  for (let count = 0; count < 6; count += 1) {
    const poisoner = await SteadyProducer.start(control.engine.port, poisonedLogs());
    await poisoner.stop();
    // Three in a row, and the destination is taken to be ill.
    await tab.waitForTimeout(300);
  }
  sink.mode = { kind: 'ok' };
  await go('Vault');
  const letters = figures('Dead letters');
  const shown = letters.getByRole('button', { name: 'Show' });
  await untilSeen(async () => (await shown.count()) >= 2);
  await shown.first().click();
  await letters.getByText('"poison"').waitFor();
  assert.deepEqual(await accessFaults(tab), []);
  await keepScreenshot(tab, 'vault-letters');
  await letters.getByRole('button', { name: 'Purge…' }).first().click();
  await tab.getByRole('dialog').getByText('delete for good: 1 dead letter,').waitFor();
  await confirm('Purge', 'a test record');
  sink.decide = undefined;
  await letters.getByRole('button', { name: 'Redrive all…' }).click();
  await tab
    .getByRole('dialog')
    .getByText(/send again: [1-9]\d* dead letters?,/)
    .waitFor();
  await confirm('Redrive', 'the schema is fixed');
  await untilSeen(() => letters.getByText('There is no dead letter').isVisible());
  await sink.until(() => sink.requests.some(isPoisoned));
});

/** The engine answers when it is asked, so it is asked until then. */
async function untilSeen(isSeen: () => Promise<boolean>): Promise<void> {
  const again = tab.getByRole('button', { name: 'Look again' });
  for (let count = 0; count < 80; count += 1) {
    if (await isSeen()) return;
    await again.click();
    await again.waitFor();
    await tab.waitForTimeout(250);
  }
  assert.fail(`not seen: ${await tab.getByRole('main').textContent()}`);
}

/** JSON has no 64-bit integers. */
function wireText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

test('when the engine is gone the page says so, greys its figures, and goes on when it is back', async () => {
  await go('Now');
  await tab.locator('section[data-stale=true]').first().waitFor({ state: 'detached' });
  await control.engine.kill();
  await tab.getByText(/^No connection for/).waitFor();
  await tab.locator('section[data-stale=true]').first().waitFor();
  const zone = figures('Signals');
  assert.equal(await zone.getAttribute('data-stale'), 'true');
  assert.deepEqual(await accessFaults(tab), []);
  await keepScreenshot(tab, 'now-lost');
  const args = ['--set', `control.endpoint=127.0.0.1:${control.port}`];
  const second = await startControlEngine({ args });
  try {
    await tab.getByText(/^No connection for/).waitFor({ state: 'detached' });
    await tab.locator('section[data-stale=true]').first().waitFor({ state: 'detached' });
    assert.deepEqual(tab.complaints, []);
  } finally {
    await second.close();
  }
});
