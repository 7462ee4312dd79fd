import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const modulePath = new URL('./write-all.ts', import.meta.url).href;

test('writeAll() says at once that the reader of a pipe has gone', () => {
  const script = `
    const { writeAll } = await import('${modulePath}');
    try {
      for (;;) writeAll(1, Buffer.alloc(65_536, 'x'));
    } catch (error) {
      process.stderr.write(error.code);
    }`;
  const command = `'${process.execPath}' --input-type=module -e "$SCRIPT" | head -c 10`;
  const env = { ...process.env, SCRIPT: script };
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { env, timeout: 20_000 });
  assert.equal(stdout.toString(), 'x'.repeat(10));
  assert.equal(stderr.toString(), 'EPIPE');
});
