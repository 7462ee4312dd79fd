// A vault directory on the real disk, and `gophership vault ...` run on it as a user does.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DeadLetterReason } from '../../src/vault/dead-letter-reason.ts';
import { EntryCodec, EntryKind } from '../../src/vault/format.ts';
import { LogBuilder } from './log-builder.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { typicalRequest } from './typical-request.ts';
import { writeCursor, writeIn, writeMeta, writeSegment } from './vault-folder.ts';

const launcher = new URL('../../bin/gophership', import.meta.url).pathname;
export const temporary = temporaryDirectory('vault-commands');
export const folder = join(temporary.path, 'vault');
export const first = 'seg/0000000000000001.vlt';
export const second = 'seg/0000000000000002.vlt';

export function run(args: readonly string[]) {
  const options = { cwd: temporary.path, maxBuffer: 64 * 1024 * 1024 };
  const { status, stdout, stderr } = spawnSync(launcher, ['vault', ...args], options);
  return { status, out: stdout, text: stdout.toString(), talk: stderr.toString() };
}

// biome-ignore lint/suspicious/noExplicitAny: what a command prints has no type
export type Json = any;

export function json(args: readonly string[], status = 0): Json {
  const result = run([...args, '-o', 'json']);
  assert.equal(result.status, status, result.talk + result.text);
  return JSON.parse(result.text);
}

/** Every file of the directory by its content, and when it was changed. */
export function prints(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
      return `${path} ${hash} ${statSync(path).mtimeMs}`;
    })
    .sort();
}

const jsonBody = Buffer.from(
  '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a\\u001b[31mb"}}]}]}]}',
);

/**
 * Entries 0-4 sealed in segment 1, 5-6 in segment 2 that is not; a dead letter 0. Returns the log's
 * builder.
 */
export function makeVault(): LogBuilder {
  rmSync(folder, { recursive: true, force: true });
  const builder = new LogBuilder();
  builder.begin();
  builder.addGroup([typicalRequest(2), typicalRequest(1)]);
  builder.addMark();
  const gzip = gzipSync(typicalRequest(3));
  const kinds = { kind: EntryKind.CompressedProtobuf, codec: EntryCodec.Gzip };
  builder.addGroup([
    { body: gzip, ...kinds, receivedMs: 1_800_000_100_000 },
    { body: jsonBody, kind: EntryKind.Json },
    typicalRequest(1),
  ]);
  builder.seal();
  writeSegment(folder, builder);
  builder.end();
  builder.begin();
  builder.addGroup([typicalRequest(1), typicalRequest(4)]);
  builder.addMark();
  writeSegment(folder, builder, 1024 * 1024);
  writeMeta(folder, builder);
  writeCursor(folder, builder, 'otlp/primary', 1, [[3, 6]]);
  writeCursor(folder, builder, 'file', 7);
  writeIn(folder, 'LOCK.db', new Uint8Array(0));
  const dead = new LogBuilder();
  dead.begin();
  const reason = DeadLetterReason.Rejected;
  const letter = { kind: EntryKind.DeadLetter, originalKind: EntryKind.Protobuf, reason };
  dead.addGroup([{ body: typicalRequest(1), ...letter, attempts: 3, statusCode: 400 }]);
  dead.addMark();
  writeSegment(join(folder, 'dead'), dead, 65_536);
  writeMeta(join(folder, 'dead'), dead);
  return builder;
}

/** Changes one byte of a file. */
export function damage(path: string, at: number): void {
  const bytes = readFileSync(join(folder, path));
  bytes[at]! ^= 0x10; // inside
  writeFileSync(join(folder, path), bytes);
}
