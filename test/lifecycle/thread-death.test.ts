// Scenario: a shard thread fails an assertion, or runs into its heap limit, or main fails one.
// Guarantees: the process ends with 70 and its log says which thread died and why.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineConfig } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { startEngine } from '../support/engine-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Row = readonly [title: string, code: string, pattern: RegExp];

const deaths: readonly Row[] = [
  ['a failed assertion', `throw new Error('slab freed twice');`, /shard-0: slab freed twice/],
  [
    'the heap limit',
    `const kept = []; for (;;) kept.push(Array.from({ length: 1e5 }, () => ({})));`,
    /shard-0: .*memory limit/i,
  ],
  ['a rejected promise', `Promise.reject(new Error('lost'));`, /shard-0: lost/],
  ['its own exit', `process.exit(3);`, /shard-0: thread ended with code 3/],
];

/**
 * Loaded into every thread before ours, by a stand-in for Node, since the product has no switch for
 * this: runs `code` in the shard thread once the file `trigger` is there.
 */
function preloadText(code: string, trigger: string): string {
  return `
import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (!isMainThread) {
  const timer = setInterval(() => {
    if (!existsSync(${JSON.stringify(trigger)})) return;
    clearInterval(timer);
    ${code}
  }, 10);
}
`;
}

for (const [title, code, pattern] of deaths) {
  test(`${title} of a shard thread ends the process with 70 and a clear log line`, async () => {
    const directory = temporaryDirectory('thread-death');
    try {
      const files = await writeTo(directory.path);
      const preload = join(directory.path, 'preload.mjs');
      const trigger = join(directory.path, 'trigger');
      writeFileSync(preload, preloadText(code, trigger));
      const node = join(directory.path, 'node');
      writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} --import ${preload} "$@"\n`, {
        mode: 0o755,
      });
      const exporters = { file: { path: join(directory.path, 'logs.jsonl') } };
      const engine = await startEngine({
        config: engineConfig(files, exporters),
        env: { GOPHERSHIP_NODE: node },
      });
      writeFileSync(trigger, '');
      assert.equal(await engine.exited, 70);
      const line = engine.logs().find((candidate) => candidate.code === 'THREAD_DIED');
      assert.match(line?.msg ?? 'no line with THREAD_DIED', pattern);
      assert.equal(line?.level, 'error');
    } finally {
      directory.remove();
    }
  });
}
