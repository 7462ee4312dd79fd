// Scenario: sealed segments of the vault are given to the stock lz4 and zstd programs.
// Guarantees: both print the raw entries, one behind the other, and exit 0.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import { sealedImage } from '../support/sealed-image.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { caseCount } from '../support/vault-cases.ts';

for (const program of ['lz4', 'zstd']) {
  test(`${program} -dc prints the raw entries of a sealed segment`, (context) => {
    const random = new SeededRandom(testSeed(context));
    for (let n = 0; n < caseCount(3); n += 1) {
      const { image, raw } = sealedImage(random);
      const options = { input: image.bytes, maxBuffer: 64 * MiB };
      const { status, stdout, stderr } = spawnSync(program, ['-dc'], options);
      assert.equal(status, 0, String(stderr));
      assert.ok(raw.equals(stdout), `${raw.length} bytes, ${program} printed ${stdout.length}`);
    }
  });
}
