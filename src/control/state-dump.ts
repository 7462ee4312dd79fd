// What SIGUSR2 asks for: every metric as it is now, as fields of log lines, one line for each part
// of the engine. For whoever has a shell beside the process and no certificate, or a log collector
// and no scraper.

import type { Log, LogFields } from '../log.ts';

/** `metrics`: text 0.0.4. Buckets of histograms are left out. */
export function logState(metrics: string, log: Log): void {
  const parts = new Map<string, Record<string, number | string>>();
  for (const line of metrics.split('\n')) {
    if (line === '' || line.startsWith('#') || bucket.test(line)) continue;
    const at = line.lastIndexOf(' ');
    // JSON would escape the quotes of labels.
    const name = line.slice(0, at).replace(prefix, '').replaceAll('"', '');
    const part = /^[a-z0-9]+/.exec(name)?.[0] ?? name;
    const fields = parts.get(part) ?? {};
    const text = line.slice(at + 1);
    // JSON has no infinity.
    fields[name] = Number.isFinite(Number(text)) ? Number(text) : text;
    parts.set(part, fields);
  }
  for (const [part, fields] of parts) log.info('state', { part, ...fields } satisfies LogFields);
}

const prefix = /^gophership_/;
const bucket = /^\w+_bucket\{/;
