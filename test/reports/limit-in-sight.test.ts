// Scenario: field report A11 on the real hierarchy of this host: the engine's own cgroup has more
// than the slice it is in. src/monitor/cgroup.test.ts has the fixture trees of all other layouts.
// Guarantees: the tightest limit on the path to the root decides, and the log of the start and the
// command line say which number that is and which file it is from.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import { startEngine } from '../support/engine-process.ts';
import { createMemoryBox } from '../support/memory-box.ts';
import { isWithoutBox } from '../support/report-rig.ts';
import { EngineRig } from '../vault-engine/engine-rig.ts';

const launcher = new URL('../../bin/gophership', import.meta.url).pathname;

test('A11 the limit of the parent decides, and the start and the command line name its file', async (context) => {
  if (isWithoutBox(context)) return;
  const slice = createMemoryBox('slice', 256 * MiB);
  const own = createMemoryBox('own', 512 * MiB, slice);
  const rig = await EngineRig.create(context);
  const engine = await startEngine({
    config: rig.config({ memory: { limit_mib: undefined } }),
    box: own,
  });
  context.after(async () => {
    await engine.kill();
    slice.remove();
  });
  const said = engine.logs().find(({ msg }) => msg === 'memory');
  assert.deepEqual([said?.cgroup_limit_mib, said?.limit_mib], [256, 215]);
  const file = String(said?.cgroup_limit_file);
  assert.ok(
    file.startsWith(`${slice.path}/memory.`) || file.startsWith(`${own.path}/memory.`),
    file,
  );
  const [command = '', ...args] = [...own.enterCommand, launcher, 'signals'];
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /256(?:\.0)? MiB/);
  assert.ok(stdout.includes(file), stdout);
  assert.equal(await engine.stop(), 0);
});
