// `npm run test:vault-long`: all layers of the vault's tests with large counts, each again and
// again with new seeds until its share of the time is over. Prints what each of them did.
//
//   VAULT_LONG_MINUTES       all in all, 480 unless given
//   GOPHERSHIP_VAULT_FACTOR  instead of the layers' own
//   arguments                names of layers, to run only these: A B I

import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecoveryRow } from '../../src/vault/recovery-report.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Layer, layers } from './layers.ts';

const root = new URL('../..', import.meta.url).pathname;
const minutes = Number(process.env.VAULT_LONG_MINUTES ?? 480);
const temporary = temporaryDirectory('vault-long');
const rowsPath = join(temporary.path, 'rows');
const ran = { failed: 0 };

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One run of a layer; false: something failed. */
function runOnce(layer: Layer, files: readonly string[], shareMs: number): boolean {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const startMs = performance.now();
  const timeoutMs = Math.round(shareMs + 3_600_000);
  const options = ['--test', '--test-reporter=spec', '--test-concurrency=2'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...options, `--test-timeout=${timeoutMs}`, ...files],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 30,
      env: {
        ...process.env,
        GOPHERSHIP_VAULT_FACTOR: process.env.GOPHERSHIP_VAULT_FACTOR ?? String(layer.factor),
        GOPHERSHIP_VAULT_ROWS: rowsPath,
        GOPHERSHIP_SEED: String(seed),
        // Of the soak: the whole share in one run.
        VAULT_LONG_MINUTES: String(shareMs / 60_000),
      },
    },
  );
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  const count = (name: string) => new RegExp(`^ℹ ${name} (\\d+)$`, 'm').exec(stdout)?.[1] ?? '?';
  const counts = ['pass', 'fail', 'skipped', 'todo'].map((name) => `${count(name)} ${name}`);
  print(`  seed ${seed}: ${counts.join(', ')} in ${seconds} s`);
  for (const line of new Set(notesOf(stdout))) print(`    ${line}`);
  if (status === 0) return true;
  print(stdout.slice(stdout.indexOf('failing tests')).slice(0, 20_000) + stderr.slice(0, 4_000));
  return false;
}

/** Counts that the tests tell, and what they could not do here. */
function notesOf(output: string): string[] {
  const quiet = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms|seed) /;
  return output.split('\n').flatMap((line) => {
    const skipped = /# (SKIPPED: .*)$/.exec(line)?.[1];
    if (skipped !== undefined) return [skipped];
    return line.startsWith('ℹ ') && !quiet.test(line) ? [line.slice(2)] : [];
  });
}

function runLayer(layer: Layer): void {
  const files = globSync([...layer.files], { cwd: root }).sort();
  print(`\n${layer.name}: ${layer.about}`);
  if (files.length === 0) {
    print('  SKIPPED: there are no tests of it here');
    return;
  }
  const shareMs = minutes * 60_000 * layer.share;
  const endMs = performance.now() + shareMs;
  do {
    if (!runOnce(layer, files, shareMs)) {
      ran.failed += 1;
      return;
    }
  } while (performance.now() < endMs);
}

function printRows(): void {
  const met = new Map<string, number>();
  for (const line of existsSync(rowsPath) ? readFileSync(rowsPath, 'utf8').split('\n') : []) {
    const [row, count] = line.split(' ');
    if (row !== undefined && count !== undefined) met.set(row, (met.get(row) ?? 0) + Number(count));
  }
  const all = Object.values(RecoveryRow);
  const missing = all.filter((row) => !met.has(row));
  print(`\nrows of the table of recovery: ${met.size} of ${all.length} met`);
  for (const [row, count] of [...met].sort()) print(`  ${row}: ${count}`);
  if (missing.length > 0) print(`  not met: ${missing.join(', ')}`);
}

const wanted = process.argv.slice(2);
for (const layer of layers) if (wanted.length === 0 || wanted.includes(layer.name)) runLayer(layer);
printRows();
temporary.remove();
print(ran.failed === 0 ? '\nall layers passed' : `\n${ran.failed} layers failed`);
process.exitCode = ran.failed === 0 ? 0 : 1;
