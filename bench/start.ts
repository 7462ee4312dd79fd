// `npm run bench:start`: time from the start of the process to the first listener, and memory at
// rest, with the code that Node keeps between starts and without it, without and with a vault. Then
// whole commands of gs-ctl, from the launcher to the exit, against an engine.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startControlEngine } from '../test/control/control-engine.ts';
import { ctlHome } from '../test/control/ctl-contexts.ts';
import { engineConfig } from '../test/interop/interop-pipeline.ts';
import { writeTo } from '../test/support/certificates.ts';
import { startEngine } from '../test/support/engine-process.ts';
import { temporaryDirectory } from '../test/support/temporary-directory.ts';
import { machineLine, median } from './report.ts';

const starts = 9;
const commandRuns = 15;
const directory = temporaryDirectory('bench-start');
try {
  const files = await writeTo(join(directory.path, 'tls'));
  const kept = join(directory.path, 'code');
  const plain = engineConfig(files, { file: { path: join(directory.path, 'logs.jsonl') } });
  const vaulted = { ...plain, vault: { directory: join(directory.path, 'vault') } };
  process.stdout.write(`${machineLine()}\n`);
  const kinds = [false, true].flatMap((keepsCode) =>
    [plain, vaulted].map((config) => ({ keepsCode, config })),
  );
  for (const { keepsCode, config } of kinds) {
    const rows: { startMs: number; anonymousMb: number; rssMb: number }[] = [];
    for (let count = 0; count < starts + 1; count += 1) {
      if (!keepsCode) rmSync(kept, { recursive: true, force: true });
      const beforeMs = performance.now();
      const engine = await startEngine({ config, env: { NODE_COMPILE_CACHE: kept } });
      const startMs = performance.now() - beforeMs;
      const { anonymousBytes, rssBytes } = engine.usage();
      rows.push({ startMs, anonymousMb: anonymousBytes / 1e6, rssMb: rssBytes / 1e6 });
      await engine.stop();
    }
    // The first start of the second kind is what fills the store.
    const measured = rows.slice(1);
    const middle = (value: (row: (typeof rows)[0]) => number) => median(measured.map(value));
    process.stdout.write(
      `${config === vaulted ? 'vault, ' : ''}${keepsCode ? 'code kept' : 'nothing kept'}: ${middle(({ startMs }) => startMs).toFixed(0)} ms ` +
        `to listening, ${middle(({ anonymousMb }) => anonymousMb).toFixed(0)} MB anonymous (arena ` +
        `included), ${middle(({ rssMb }) => rssMb).toFixed(0)} MB RSS, median of ${measured.length}\n`,
    );
  }
} finally {
  directory.remove();
}
await measureCommands();

async function measureCommands(): Promise<void> {
  const control = await startControlEngine();
  try {
    const home = (await ctlHome(control.directory, `127.0.0.1:${control.port}`)).path('.');
    const launcher = fileURLToPath(new URL('../bin/gs-ctl', import.meta.url));
    const timeMs = (args: string) => {
      const beforeMs = performance.now();
      const env = { PATH: process.env.PATH, HOME: home };
      const { status, stderr } = spawnSync(launcher, args.split(' '), { cwd: home, env });
      if (status !== 0) throw new Error(`gs-ctl ${args} ended with ${status}: ${stderr}`);
      return performance.now() - beforeMs;
    };
    for (const args of ['--help', 'version --client', 'status', 'explain', 'ledger']) {
      // Fills the store of code; of the first that asks, the engine loads what answers it.
      const firstMs = timeMs(args);
      const times = Array.from({ length: commandRuns }, () => timeMs(args));
      process.stdout.write(
        `gs-ctl ${args}: ${median(times).toFixed(0)} ms, median of ${commandRuns}, ` +
          `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}; first ${firstMs.toFixed(0)} ms\n`,
      );
    }
  } finally {
    await control.close();
  }
}
