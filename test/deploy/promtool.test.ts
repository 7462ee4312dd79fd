// Scenario: Prometheus's own tool reads what deploy/ holds, plays the alert rules, and reads what
// /metrics answers in both text forms.
// Guarantees: the files load in Prometheus, each alert fires when it should and not before, and its
// parsers take both forms, with no complaint about the engine's own names.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { type MetricsOptions, metricsText } from '../../src/control/metrics-text.ts';
import { metricsNowMs, metricsProcess, metricsView } from '../support/metrics-view.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const folder = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** Of Debian's package `prometheus`. */
function promtool(args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, {
    ...{ cwd: folder, input, encoding: 'utf8', timeout: 120_000 },
  });
  assert.equal(error, undefined, 'promtool runs');
  return { status, output: `${stdout}${stderr}` };
}

function check(args: readonly string[], input?: string): void {
  const { status, output } = promtool(args, input);
  assert.equal(status, 0, output);
}

const options: MetricsOptions = {
  openMetrics: false,
  compat: 'none',
  nowMs: metricsNowMs,
  process: metricsProcess,
  certificates: [{ file: '/etc/gophership/tls/"server".pem', expiresWallMs: 1_800_000_000_000 }],
};

test('promtool check rules takes gophership-alerts.yml', () => {
  check(['check', 'rules', 'gophership-alerts.yml']);
});

test('promtool test rules sees every alert fire when it should', () => {
  check(['test', 'rules', 'gophership-alerts.test.yml']);
});

test('promtool check config takes scrape.yml', () => {
  check(['check', 'config', '--syntax-only', 'scrape.yml']);
});

test('promtool takes every query of the Grafana dashboard, as a rule', (context) => {
  const { path: directory, remove } = temporaryDirectory('dashboard');
  context.after(remove);
  const text = readFileSync(join(folder, '../grafana/gophership.json'), 'utf8');
  const { panels } = JSON.parse(text) as { panels: readonly Panel[] }; // Grafana's own shape
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  assert.ok(queries.length > 30, `${queries.length} queries`);
  const rules = queries.map((expr, at) => ({
    record: `dashboard:query_${at}`,
    expr: expr.replaceAll(/\$__(rate_interval|range)/g, '5m'),
  }));
  const file = join(directory, 'rules.yml');
  writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
  check(['check', 'rules', file]);
});

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
}

test('promtool check metrics has nothing against metricsText() in text 0.0.4', () => {
  check(['check', 'metrics'], metricsText(metricsView(), options));
});

test('promtool check metrics finds only missing suffixes in names of the Collector', () => {
  const text = metricsText(metricsView(), { ...options, compat: 'otelcol' });
  const { output } = promtool(['check', 'metrics'], text);
  const complaints = output.split('\n').filter((line) => line !== '');
  assert.ok(complaints.length > 0, 'the tool looks at names');
  for (const line of complaints) assert.match(line, /^otelcol_\w+ counter metrics should have/);
});

test('promtool check metrics complains of a text that is none', () => {
  const text = metricsText(metricsView(), options).replace('# TYPE', '# TIPE');
  assert.notEqual(promtool(['check', 'metrics'], `${text}x{y="z} 1\n`).status, 0);
});

// Its only reader of OpenMetrics makes blocks of samples, which must say when they were taken.
test('promtool reads metricsText() in OpenMetrics 1.0', (context) => {
  const { path: directory, remove } = temporaryDirectory('metrics');
  context.after(remove);
  const text = metricsText(metricsView(), { ...options, compat: 'otelcol', openMetrics: true });
  const dated = text.replace(/^(?!#)(.+)$/gm, '$1 1700000000');
  const file = join(directory, 'metrics.txt');
  writeFileSync(file, dated);
  check(['tsdb', 'create-blocks-from', 'openmetrics', file, join(directory, 'blocks')]);
  writeFileSync(file, dated.replace('# EOF\n', ''));
  const cut = promtool(['tsdb', 'create-blocks-from', 'openmetrics', file, directory]);
  assert.notEqual(cut.status, 0, 'a text without its end is refused');
});
