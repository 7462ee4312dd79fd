import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { processUse } from './process-use.ts';

test('processUse() reads what the kernel says of this process', () => {
  const use = processUse();
  assert.ok(use.cpuSeconds > 0 && use.cpuSeconds < 600, `${use.cpuSeconds} s`);
  assert.ok(use.residentBytes > 1e7 && use.residentBytes < 1e10, `${use.residentBytes} bytes`);
  const ageSeconds = Date.now() / 1_000 - use.startTimeSeconds;
  assert.ok(ageSeconds >= 0 && ageSeconds < 600, `${ageSeconds} s old`);
  assert.ok((use.openFilesMax ?? Infinity) >= 64, `${use.openFilesMax} files at most`);
});

test('processUse() counts open files, or says that it cannot', () => {
  const { openFiles } = processUse();
  const more = [0, 1, 2].map(() => openSync('/dev/null', 'r'));
  const then = processUse().openFiles;
  for (const file of more) closeSync(file);
  assert.equal(then, openFiles === undefined ? undefined : openFiles + 3);
});
