// A vault as the vault thread opens it, on a mounted file system, with a clock that moves by hand:
// the directory with its lock and the trial of direct I/O, then all parts over it.

import assert from 'node:assert/strict';
import { KiB, MiB } from '../../src/limits.ts';
import type { VaultDirectory } from '../../src/vault/block-file.ts';
import { openVaultDirectory } from '../../src/vault/open-vault-directory.ts';
import { vaultSizeBytes } from '../../src/vault/vault-folders.ts';
import { RigMemory } from '../support/rig-memory.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { rigConfig, VaultRig } from '../support/vault-rig.ts';

export const shardCount = 2;

/** Of all lives of a disk. */
export interface PowerOptions {
  readonly consumerCount: number;
  readonly segmentSizeBytes: number;
  /** What the limit leaves to the main log, without its two spares. */
  readonly limitSegments: number;
  readonly bodySizeBytesMax: number;
  readonly fullPolicy: 'reject' | 'drop_oldest';
  readonly direct: boolean;
  /** A vault that does not do what it should; for the tests of these tests. */
  readonly spoil?: (directory: VaultDirectory) => VaultDirectory;
}

export function drawOptions(random: SeededRandom): PowerOptions {
  const isLarge = random.oneIn(6);
  return {
    consumerCount: 1 + random.below(2),
    segmentSizeBytes: isLarge ? 2 * MiB : random.pick([64 * KiB, 128 * KiB, 256 * KiB]),
    limitSegments: isLarge ? 6 : random.pick([6, 24]),
    bodySizeBytesMax: isLarge ? 1_800_000 : random.pick([300, 6_000, 24_000]),
    fullPolicy: random.pick(['reject', 'drop_oldest'] as const),
    direct: !random.oneIn(4),
  };
}

const memory = new RigMemory({ shardCount, slabsSizeBytes: 16 * MiB });

export class PowerVault {
  readonly rig: VaultRig;
  readonly directory: VaultDirectory;
  readonly limitBytes: number;
  #isClosed = false;
  readonly #opened: ReturnType<typeof openVaultDirectory>;

  /** Throws what the vault throws; then the lock is free. */
  constructor(path: string, options: PowerOptions) {
    const { segmentSizeBytes, limitSegments, consumerCount, fullPolicy, spoil } = options;
    const config = {
      ...{ ...rigConfig, directory: path, segmentSizeBytes, fullPolicy },
      // With the dead letters, four META files, and two files for each cursor.
      limitBytes: (limitSegments + 5) * segmentSizeBytes + (4 * 8 + consumerCount * 128) * KiB,
      deadLetterLimitBytes: 2 * segmentSizeBytes,
      quarantineLimitBytes: segmentSizeBytes,
    };
    this.limitBytes = config.limitBytes;
    const { area, staging } = memory.buffers;
    this.#opened = openVaultDirectory(config, area.bytes, staging.offsetBytes);
    assert.ok(this.#opened.lock?.check(), 'the vault has no lock');
    assert.ok(this.#opened.direct.direct, 'the disk takes no direct I/O');
    this.directory = spoil?.(this.#opened.directory) ?? this.#opened.directory;
    try {
      this.rig = new VaultRig({
        ...{ directory: this.directory, memory, config, shardCount, direct: options.direct },
        consumers: Array.from({ length: consumerCount }, (_, index) => `file/${index}`),
      });
    } catch (error) {
      this.#opened.lock?.release();
      throw error;
    }
  }

  get sizeBytes(): number {
    return vaultSizeBytes(this.directory);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.rig.vault.close();
    this.#opened.lock?.release();
  }

  /** As the end of the process would leave it: nothing more is written. */
  abandon(): void {
    this.rig.holdsLock = false;
    this.close();
  }
}
