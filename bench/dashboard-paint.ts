// `npm run bench:paint`: how long a browser takes from the link of `gs-ctl dashboard`, on loopback,
// to the first text on the screen, and to the first figures of the engine.

import { startControlEngine } from '../test/control/control-engine.ts';
import { openTab, startBrowser } from '../test/dashboard/browser-tab.ts';
import { startDashboards } from '../test/dashboard/dashboard-rig.ts';
import { machineLine, median } from './report.ts';

const paints = 7;
const firstPaint = "performance.getEntriesByName('first-contentful-paint')[0].startTime";

const control = await startControlEngine();
const rig = await startDashboards(control.port);
const browser = await startBrowser();
try {
  process.stdout.write(`${machineLine()}, Chromium ${browser.version()}\n`);
  const rows: { paintMs: number; figuresMs: number }[] = [];
  for (let count = 0; count < paints + 1; count += 1) {
    // Nothing is kept between tabs: each has a context of its own.
    const tab = await openTab(browser, await rig.link('viewer'));
    await tab.getByRole('heading', { level: 2, name: 'Zones' }).waitFor();
    const figuresMs = Number(await tab.evaluate('performance.now()'));
    rows.push({ paintMs: Number(await tab.evaluate(firstPaint)), figuresMs });
    await tab.context().close();
  }
  const measured = rows.slice(1);
  const text = (value: (row: (typeof rows)[0]) => number) => {
    const values = measured.map(value);
    return `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`;
  };
  process.stdout.write(
    `first contentful paint ${text(({ paintMs }) => paintMs)}, figures ` +
      `${text(({ figuresMs }) => figuresMs)}, median of ${paints} tabs\n`,
  );
} finally {
  await browser.close();
  await rig.close();
  await control.close();
}
