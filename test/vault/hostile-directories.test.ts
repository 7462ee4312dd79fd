// Scenario: `gophership vault ...` is run on directories that are no vault, of a newer format, or
// have files of others in them.
// Guarantees: an error with its code and exit code and no stack; what is not ours is named.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { LogBuilder } from '../support/log-builder.ts';
import { typicalRequest } from '../support/typical-request.ts';
import {
  folder,
  type Json,
  json,
  makeVault,
  run,
  temporary,
} from '../support/vault-command-rig.ts';
import { writeIn, writeMeta, writeNewerSegment, writeSegment } from '../support/vault-folder.ts';

let builder: LogBuilder;
beforeEach(() => {
  builder = makeVault();
});
after(() => temporary.remove());

test('hostile directories are answered with a code and no stack', () => {
  const check = (status: number, pattern: RegExp, commands = [['verify']]) => {
    for (const command of commands) {
      const result = run([...command, folder]);
      assert.equal(result.status, status, `${command.join(' ')}: ${result.talk}`);
      assert.match(result.talk, pattern);
      assert.doesNotMatch(result.talk, /^ +at /m);
    }
  };
  // A major that does not exist yet, with a hash that holds.
  const newer = new LogBuilder();
  newer.begin({ segmentId: 2 });
  newer.addGroup([typicalRequest(1)]);
  writeNewerSegment(folder, newer, 2);
  check(78, /^error: VAULT_REFUSED: /, [['ls'], ['export'], ['dead-letter', 'ls']]);
  rmSync(folder, { recursive: true });
  check(74, /^error: VAULT_FAILED: .*NotFound/);
  writeIn(folder, 'a file', Uint8Array.of(1));
  check(74, /^error: VAULT_FAILED: .*no vault/);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'not a directory');
  check(74, /^error: VAULT_FAILED: .*NotAFile/);
});

test('foreign and unused files are left out and named', () => {
  const other = new LogBuilder();
  other.vaultUuid.fill(0x11);
  other.begin({ segmentId: 9 });
  other.addGroup([typicalRequest(1)]);
  writeSegment(folder, other);
  writeIn(folder, 'seg/000000000000000a.vlt', new Uint8Array(0));
  writeIn(folder, 'seg/notes.txt', Uint8Array.of(1));
  writeIn(folder, 'seg/next.spare', new Uint8Array(65_536));
  rmSync(join(folder, 'META'));
  writeMeta(folder, builder);
  const { notPartOfTheLog, totals } = json(['ls', folder]);
  assert.equal(totals.entries, 7);
  assert.deepEqual(
    notPartOfTheLog.map(({ name, why }: Json) => `${name} ${why}`),
    ['0000000000000009.vlt foreign', '000000000000000a.vlt unused'],
  );
  const value = json(['verify', folder]);
  assert.equal(value.clean, true);
  assert.equal(value.notes.length, 2);
});
