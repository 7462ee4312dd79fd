// The files below bench/results/: one a day, with the reports of that day in the order in which
// they were made.

import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export function appendResults(report: string): void {
  const resultsPath = new URL('./results/', import.meta.url).pathname;
  mkdirSync(resultsPath, { recursive: true });
  const path = join(resultsPath, `${today()}.md`);
  appendFileSync(path, existsSync(path) ? `\n${report}` : report);
}

/** As reports and their files have it. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** What was typed to get the report. */
export function commandLine(script: string): string {
  const args = process.argv.slice(2);
  return [`npm run ${script}`, ...(args.length > 0 ? ['--'] : []), ...args].join(' ');
}
