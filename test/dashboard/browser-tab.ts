// A tab of Debian's Chromium, as a user has it, that notes whatever the browser complains about: a
// policy that was violated, an error in the page, a file that was not there.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

export const wide = { width: 1280, height: 900 } as const;
export const narrow = { width: 400, height: 800 } as const;
export type Size = typeof wide | typeof narrow;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    // The sandbox needs rights that containers do not give; nothing but our page is opened.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

export interface Tab extends Page {
  /** Of the browser, since the tab was opened. */
  readonly complaints: readonly string[];
}

export async function openTab(browser: Browser, link: string, size: Size = wide): Promise<Tab> {
  const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // What a call was refused for is told by the page, and by the browser as well.
    const isAnswer = /status of (?:401|429|503|504)|ERR_CONNECTION/.test(message.text());
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  await page.goto(link);
  return Object.assign(page, { complaints });
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** What keeps people out, as axe sees it: each serious or critical finding with its place. */
export async function accessFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the policy of the page does not concern.
  await page.evaluate(axeSource);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResult; // axe-core's own
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
    );
}

/** Kept for whoever wants to see what the tests saw. */
const screenshotsPath = fileURLToPath(new URL('../../dist/screenshots/', import.meta.url));

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshotsPath, { recursive: true });
  await page.screenshot({ path: join(screenshotsPath, `${name}.png`), fullPage: true });
}

/** The page is as wide as the screen, and what is wider scrolls by itself. */
export async function overflowPx(page: Page): Promise<number> {
  return Number(await page.evaluate(`${root}.scrollWidth - ${root}.clientWidth`));
}

const root = 'document.documentElement';
