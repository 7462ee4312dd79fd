// `npm run demo`: the engine's reflex in one minute. Normal load; then the downstream dies and
// twenty times the load comes; then the downstream is back and the vault drains. At the end the
// numbers that producers saw acknowledged are compared with those that the downstream received.
//
//   --fast         the same story in 12 seconds
//   --seconds N    in N seconds
//   --dir DIR      store below DIR, which must be on a disk

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expectRoom, startProcesses } from './demo-processes.ts';
import { DemoRun } from './demo-run.ts';
import { openScreen } from './screen.ts';
import { tellStory } from './story.ts';
import { judge } from './verdict.ts';

const { values: flags } = parseArgs({
  options: {
    fast: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    // On the disk of the checkout, because /tmp may be memory; git and npm leave it alone.
    dir: { type: 'string', default: join(import.meta.dirname, '../../node_modules/.cache') },
  },
});
const seconds = flags.fast ? 12 : Number(flags.seconds);
// Of a longer story the vault could not hold all.
if (!(seconds >= 5 && seconds <= 120)) fail('--seconds takes 5 to 120');

mkdirSync(flags.dir, { recursive: true });
const folder = mkdtempSync(join(flags.dir, 'gophership-demo-'));
// The children are killed just before and may still be ending.
const removal = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
process.on('exit', () => rmSync(folder, removal));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code));
}
try {
  expectRoom(folder);
  process.exitCode = await run();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
process.exit();

async function run(): Promise<0 | 1> {
  const story = tellStory(seconds * 1000);
  const processes = await startProcesses(folder, story);
  const { NO_COLOR: noColour, TERM: term } = process.env;
  const screen = openScreen({ output: process.stdout, noColour, term });
  const demo = new DemoRun(processes, story);
  await demo.play(screen);
  const { isGood, lines } = judge(await demo.collect());
  screen.print(lines.join('\n'));
  return isGood ? 0 : 1;
}

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(2);
}
