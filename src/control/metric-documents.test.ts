// The documents and files that name metrics: docs/METRICS.md and what deploy/ has for Prometheus
// and Grafana.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { engineFamilies } from './engine-metrics.ts';
import { exportFamilies } from './export-metrics.ts';
import { ingesterFamilies, pivots } from './ingester-metrics.ts';
import { ledgerFamilies } from './ledger-metrics.ts';
import { metricFamilies } from './metric-families.ts';
import type { MetricFamily } from './metric-family.ts';
import { otelcolFamilies } from './otelcol-metrics.ts';
import { processFamilies } from './process-metrics.ts';
import { vaultFamilies } from './vault-metrics.ts';

function projectText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

const sections: Readonly<Record<string, readonly MetricFamily[]>> = {
  'Engine and zone': engineFamilies,
  Producers: ingesterFamilies,
  Destinations: exportFamilies,
  'Vault and replay': vaultFamilies,
  Ledger: ledgerFamilies,
  Process: processFamilies,
  'Names of the Collector': otelcolFamilies,
};

function documentRow({ name, type, labels, help }: MetricFamily): string {
  const names = labels.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}\` | ${type} | ${names} | ${help} |`;
}

test('docs/METRICS.md has a row for each metric, with its type, labels and help', () => {
  const text = projectText('docs/METRICS.md');
  const found = Object.fromEntries(
    text.split(/^## /m).flatMap((section) => {
      const [title = '', ...lines] = section.split('\n');
      const rows = lines.filter((line) => /^\| `(gophership|process|otelcol)_/.test(line));
      return rows.length === 0 ? [] : [[title, rows]];
    }),
  );
  const expected = Object.fromEntries(
    Object.entries(sections).map(([title, families]) => [title, families.map(documentRow)]),
  );
  assert.deepEqual(found, expected);
  assert.equal(Object.values(sections).flat().length, metricFamilies('otelcol').length);
});

test('docs/METRICS.md says what each reason of the pivot means, under the way that it leads to', () => {
  const text =
    projectText('docs/METRICS.md').split('Reasons of `gophership_pivots_total`:')[1] ?? '';
  const list = text.split('\n## ')[0]?.split(/^- to /m) ?? [];
  const found = list.slice(1).flatMap((part) => {
    const [to = '', ...reasons] = [...part.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    return reasons.map((reason) => `${to} ${reason}`);
  });
  assert.deepEqual(found.sort(), pivots.map(([to, reason]) => `${to} ${reason}`).sort());
});

const named = /\b(?:gophership|process|otelcol)_[a-z0-9_]+\b/g;
const names = new Set(
  metricFamilies('otelcol').flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => `${name}${part}`) : [name],
  ),
);

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const alertsPath = 'deploy/prometheus/gophership-alerts.yml';
// promtool checks the shape of the file.
const rules: readonly Rule[] = parse(projectText(alertsPath)).groups[0].rules;

test('the alert rules name metrics, labels and label values that there are', () => {
  const labels = new Set(metricFamilies('otelcol').flatMap((family) => family.labels));
  for (const { alert, expr, annotations } of rules) {
    const used = [...expr.matchAll(named)].map(([name]) => name);
    assert.ok(used.length > 0 || alert === 'GopherShipDown', alert);
    assert.deepEqual(
      used.filter((name) => !names.has(name)),
      [],
      alert,
    );
    const asked = Object.values(annotations)
      .join(' ')
      .matchAll(/\$labels\.(\w+)/g);
    for (const [, label = ''] of asked) {
      assert.ok(labels.has(label) || label === 'instance', `${alert}: ${label}`);
    }
  }
});

test('each alert has a severity, words, a runbook that exists, and a test', () => {
  const tests = projectText('deploy/prometheus/gophership-alerts.test.yml');
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning|info)$/, alert);
    assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook'], alert);
    const [path = '', anchor = ''] = annotations.runbook?.split('#') ?? [];
    const anchors = [...projectText(path).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9_ -]/g, '')
        .replaceAll(' ', '-'),
    );
    assert.ok(anchors.includes(anchor), `${alert}: ${path}#${anchor}`);
    assert.ok(tests.includes(`alertname="${alert}"`), `${alert} is played`);
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
});

test('the Grafana dashboard names metrics that there are, and no panel covers another', () => {
  const text = projectText('deploy/grafana/gophership.json');
  const used = new Set([...text.matchAll(named)].map(([name]) => name));
  assert.deepEqual(
    [...used].filter((name) => !names.has(name)),
    [],
  );
  const { panels } = JSON.parse(text);
  assert.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length);
  const cells = new Set<string>();
  for (const { title, gridPos } of panels) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      assert.ok(x < 24, title);
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.ok(!cells.has(`${x} ${y}`), `${title} covers another panel`);
        cells.add(`${x} ${y}`);
      }
    }
  }
});
