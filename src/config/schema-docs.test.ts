import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configDocs } from './schema-docs.ts';

const docs = configDocs();

test('configDocs() is what docs/CONFIG.md holds', () => {
  const committed = readFileSync(new URL('../../docs/CONFIG.md', import.meta.url), 'utf8');
  assert.equal(committed, docs, 'run node tools/generate-config-docs.ts');
});

test('configDocs() gives every key a type and a reason, and every link a section', () => {
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
  assert.ok(rows.length > 100, 'keys are listed');
  for (const row of rows) {
    const cells = row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim());
    assert.equal(cells.length, 4, row);
    assert.ok(cells[2] !== '' && cells[3] !== '', row);
  }
  const titles = new Set(
    [...docs.matchAll(/^## (.*)$/gm)].map(([, title]) => title?.toLowerCase().replaceAll(' ', '-')),
  );
  for (const [, anchor = ''] of docs.matchAll(/\]\(#([^)]+)\)/g)) {
    assert.ok(titles.has(anchor), anchor);
  }
});

test('configDocs() has a row with default and bounds for keys of every section', () => {
  const rows = [
    '| `max_concurrent_streams` | `256` | whole number: 1 to 1024 |',
    '| `timeout` | `5s` | duration: 100ms to 10m |',
    '| `rotation.max_megabytes` | `10` | MiB: 1 to 65536 |',
    '| `batch.max_size` | 4000000; 2200000 where memory.limit_mib leaves batches less than 32 MiB |',
    '| `limit_mib` | the smallest of 256 MiB, 84 % of the tightest cgroup limit and 25 % of ' +
      'the host |',
    '| `signals.loop_delay_p99.red` | `250ms` | duration: 1ms to 1m |',
    '| `rate` | `50MiB/s` | rate: 1KiB/s to 64GiB/s |',
    '| `path` | **required** | text |',
  ];
  for (const row of rows) assert.ok(docs.includes(row), row);
});
