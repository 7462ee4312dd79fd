import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies, ownFamilies } from './metric-families.ts';

const all = metricFamilies('otelcol');

/** As OpenMetrics names a family. */
function baseName(name: string): string {
  return name.replace(/_(total|info)$/, '');
}

test('metricFamilies() has each name once, with suffixes off too', () => {
  const names = all.map(({ name }) => baseName(name));
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  );
});

test('metricFamilies() has valid names and labels, and help on one line', () => {
  for (const { name, labels, help } of all) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    for (const label of labels) assert.match(label, /^[a-z][a-z_]*$/, name);
    assert.ok(!labels.includes('job') && !labels.includes('instance'), `${name}: the scraper's`);
    assert.match(help, /^[^\n|]+$/, name);
  }
});

test('metricFamilies() ends counters and infos of its own in _total and _info, nothing else', () => {
  for (const { name, type } of ownFamilies) {
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.equal(name.endsWith('_info'), type === 'info', name);
    if (type === 'histogram') assert.match(name, /_seconds$/);
    assert.match(name, /^(gophership|process)_/);
  }
});

test('metricFamilies() adds names of the Collector only when asked', () => {
  const own = metricFamilies('none').map(({ name }) => name);
  assert.deepEqual(
    all.filter(({ name }) => !own.includes(name)).map(({ name }) => name.split('_')[0]),
    Array(all.length - own.length).fill('otelcol'),
  );
  assert.ok(all.length > own.length);
});
