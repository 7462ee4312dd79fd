// Scenario: somebody opens the link of `gs-ctl dashboard` while the engine is slow to answer.
// Guarantees: the page is on the screen with two answers of the loopback server, its one document
// and the session; nothing else keeps it from being painted. How long that takes is measured by
// `npm run bench:paint`, how large the document may be is a test of tools/build-dashboard.ts.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { type ControlEngine, startControlEngine } from '../control/control-engine.ts';
import { openTab, startBrowser } from './browser-tab.ts';
import { type DashboardRig, startDashboards } from './dashboard-rig.ts';

let control: ControlEngine;
let rig: DashboardRig;
let browser: Browser;
before(async () => {
  control = await startControlEngine();
  rig = await startDashboards(control.port);
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
  await rig.close();
  await control.close();
});

test('the page is painted once it has its document and its session', {
  timeout: 30_000,
}, async () => {
  const tab = await openTab(browser, 'about:blank');
  const answered: string[] = [];
  await tab.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname !== '/' && pathname !== '/session') return; // it waits for ever
    answered.push(pathname);
    await route.continue();
  });
  await tab.goto(await rig.link('viewer'), { waitUntil: 'commit' });
  await tab.evaluate(contentPainted);
  assert.deepEqual(answered, ['/', '/session']);
  assert.deepEqual(await tab.evaluate(blockingNames), []);
  assert.deepEqual(tab.complaints, []);
  await tab.context().close();
});

/** Fulfilled with the first text or picture on the screen, be it there already. */
const contentPainted = `new Promise((resolve) => {
  const observer = new PerformanceObserver((list) => {
    if (list.getEntriesByName('first-contentful-paint').length > 0) resolve();
  });
  observer.observe({ type: 'paint', buffered: true });
})`;

const blockingNames = `performance.getEntriesByType('resource')
  .filter(({ renderBlockingStatus }) => renderBlockingStatus === 'blocking')
  .map(({ name }) => name)`;
