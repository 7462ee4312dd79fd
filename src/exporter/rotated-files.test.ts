import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RotatedFiles } from './rotated-files.ts';

test('RotatedFiles numbers on from the newest file and removes the oldest, by number', () => {
  const files = new RotatedFiles('out/app.v1.jsonl', 0, 2);
  assert.equal(files.path, 'out/app.v1.0.jsonl');
  assert.equal(files.nextPath, 'out/app.v1.0-1.jsonl');
  files.found(['app.v1.0-10.jsonl', 'app.v1.0-9.jsonl', 'app.v1.0.jsonl', 'app.v1.1-11.jsonl']);
  assert.equal(files.nextPath, 'out/app.v1.0-11.jsonl');
  assert.equal(files.surplusPath, undefined);
  files.rotated();
  assert.equal(files.surplusPath, 'out/app.v1.0-9.jsonl');
  files.removed();
  assert.equal(files.surplusPath, undefined);
});

test('RotatedFiles leaves files alone whose names are not its own', () => {
  const files = new RotatedFiles('app.jsonl', 1, 0);
  files.found([
    'app.1-x.jsonl',
    'app.1-2.jsonl.gz',
    'app.10-1.jsonl',
    'other.1-1.jsonl',
    'app.1-.jsonl',
  ]);
  assert.equal(files.directory, '.');
  assert.equal(files.surplusPath, undefined);
  assert.equal(files.nextPath, 'app.1-1.jsonl');
});
