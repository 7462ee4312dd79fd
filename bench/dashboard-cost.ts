// `node bench/dashboard-cost.ts [seconds]`: what open dashboards cost the engine. Three tabs, and
// then as many as there may be, each with a stream of the status and the new part of the history
// each second, through one real loopback server; the engine's CPU by all of its threads, against
// the same engine that nobody looks at. Then what a sample of the history and its whole as an
// answer take.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toJsonString } from '@bufbuild/protobuf';
import { History } from '../src/control/history.ts';
import { historyMessage } from '../src/control/history-message.ts';
import { GetHistoryResponseSchema } from '../src/generated/gophership/control/v1/history_pb.js';
import { dashboardSessionsMax, historySamplesMax } from '../src/limits.ts';
import { startControlEngine } from '../test/control/control-engine.ts';
import { ctlHome } from '../test/control/ctl-contexts.ts';
import { ControlRig } from '../test/support/control-rig.ts';
import { controlName, historyName, PageClient } from '../test/support/page-client.ts';
import { readProcessUsage } from '../test/support/process-usage.ts';
import { type RunningProcess, startProcess } from '../test/support/running-process.ts';
import { machineLine } from './report.ts';

const tabCounts = [3, dashboardSessionsMax] as const;
const rounds = 3;
const secondsARound = Number(process.argv[2] ?? 30);
/** Code that runs for the first time is read and compiled. */
const warmUpSeconds = 20;

/** Tabs as the page behaves: for each status what is new of the history. */
class Tabs {
  answerCount = 0;
  readonly #pages: readonly PageClient[];

  constructor(pages: readonly PageClient[]) {
    this.#pages = pages;
  }

  async during<Result>(run: () => Promise<Result>): Promise<Result> {
    let isOpen = true;
    const watching = this.#pages.map((page) => this.#watch(page, () => isOpen));
    try {
      return await run();
    } finally {
      isOpen = false;
      await Promise.all(watching);
    }
  }

  async #watch(page: PageClient, isOpen: () => boolean): Promise<void> {
    let since = 0;
    for await (const { message } of page.stream(`${controlName}/WatchStatus`)) {
      if (!isOpen()) return;
      if (message === undefined) throw new Error('the stream has ended');
      const { json } = await page.call(`${historyName}/GetHistory`, { since });
      since = json.time?.at(-1) ?? since;
      this.answerCount += 2;
    }
  }
}

const control = await startControlEngine();
try {
  process.stdout.write(`${machineLine()}\n`);
  const home = await ctlHome(control.directory, `127.0.0.1:${control.port}`);
  const proxy = startProcess({
    name: 'gs-ctl dashboard',
    command: new URL('../bin/gs-ctl', import.meta.url).pathname,
    args: ['dashboard', '--no-open', '-o', 'json', '--context', 'viewer'],
    directory: home.path('.'),
    env: { HOME: home.path('.'), XDG_CONFIG_HOME: home.path('.config') },
  });
  const pages = await openPages(proxy);
  const { pid } = control.engine;
  await new Tabs(pages).during(() => sleep(warmUpSeconds * 1_000));
  for (let round = 1; round <= rounds; round += 1) {
    const alone = await cpuPercent(pid, () => sleep(secondsARound * 1_000));
    line(`round ${round}: ${alone.toFixed(2)} % of a core alone`);
    for (const count of tabCounts) await measureTabs(pid, pages.slice(0, count), alone);
  }
  const { rssBytes, cpuSeconds } = readProcessUsage(proxy.pid);
  line(
    `loopback server: ${(rssBytes / 1e6).toFixed(0)} MB RSS, ${cpuSeconds.toFixed(1)} s of CPU in all`,
  );
  await proxy.kill();
} finally {
  await control.close();
}
measureHistory();

async function measureTabs(
  pid: number,
  pages: readonly PageClient[],
  alonePercent: number,
): Promise<void> {
  const tabs = new Tabs(pages);
  const percent = await tabs.during(() => cpuPercent(pid, () => sleep(secondsARound * 1_000)));
  const answers = tabs.answerCount / secondsARound;
  line(
    `  ${percent.toFixed(2)} % with ${pages.length} tabs (${(percent - alonePercent).toFixed(2)} % ` +
      `for them, who got ${answers.toFixed(1)} answers a second)`,
  );
}

/** A link for each tab: the first is printed, the page makes the others. */
async function openPages(proxy: RunningProcess): Promise<PageClient[]> {
  const first = JSON.parse(await proxy.waitForLine((text) => text.startsWith('{'), 'its link'));
  const page = await PageClient.open(first.link);
  const pages = [page];
  while (pages.length < dashboardSessionsMax) pages.push(await PageClient.open(await page.link()));
  return pages;
}

async function cpuPercent(pid: number, run: () => Promise<void>): Promise<number> {
  const beforeNs = cpuNs(pid);
  const beforeMs = performance.now();
  await run();
  return ((cpuNs(pid) - beforeNs) / 1e6 / (performance.now() - beforeMs)) * 100;
}

/** Of all threads, in nanoseconds (Documentation/scheduler/sched-stats.rst, task schedstat). */
function cpuNs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1').split(' ')[0]))
    .reduce((sum, ns) => sum + ns, 0);
}

function measureHistory(): void {
  const rig = new ControlRig();
  const history = new History(rig.view, rig.clock);
  const samples = 100_000;
  const begunMs = performance.now();
  for (let count = 0; count < samples; count += 1) {
    rig.clock.advance(1_000);
    history.sample();
  }
  const sampleUs = ((performance.now() - begunMs) * 1_000) / samples;
  const answers = 20;
  let text = '';
  const answeringMs = performance.now();
  for (let count = 0; count < answers; count += 1) {
    text = toJsonString(GetHistoryResponseSchema, historyMessage(history, history.slice(0, 0)));
  }
  const answerMs = (performance.now() - answeringMs) / answers;
  line(`history: ${sampleUs.toFixed(1)} us a sample`);
  line(`${historySamplesMax} samples as JSON: ${text.length} bytes, ${answerMs.toFixed(1)} ms`);
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}
