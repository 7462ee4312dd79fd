// The Raw Vault and the replay of what it holds.

import type { z } from 'zod';
import { MiB } from '../limits.ts';
import type { ReplayConfig, VaultConfig } from './config.ts';
import { block, choice, duration, flag, rate, relation, share, size, text } from './schema-keys.ts';

export const vault = relation(
  block('batches on disk when the downstream or memory cannot take them', {
    directory: text('one vault per process, one file system').prefault('/var/lib/gophership/vault'),
    limit: size('64MiB', '64TiB', 'hard, counts every file in the directory').prefault('8GiB'),
    segment_size: size('8MiB', '1GiB', 'at least the largest entry').prefault('64MiB'),
    quarantine_limit: size('0', '64TiB', 'evidence of damage; the oldest goes', {
      computedDefault: '5 % of limit, at most 20 %',
    }).optional(),
    dead_letter_limit: size(
      '2MiB',
      '1GiB',
      'batches that no destination takes; at least two of the largest entries',
    ).prefault('64MiB'),
    min_free: size('0', '64TiB', 'space of the file system that is never taken', {
      computedDefault: 'the smaller of 10 % of the file system and 5 GiB',
    }).optional(),
    ack_deadline: duration(
      '1ms',
      '1m',
      'a batch without an answer of the downstream is written and acknowledged after this',
    ).prefault('2s'),
    cursor_interval: duration('100ms', '1s', 'how often progress is written').prefault('250ms'),
    full_policy: choice(
      ['reject', 'drop_oldest'],
      'drop_oldest loses acknowledged batches, counted',
    ).prefault('reject'),
    dead_letter_policy: choice(
      ['hold', 'drop_oldest'],
      'a full dead letter holds the destination, or loses its oldest batches, counted',
    ).prefault('hold'),
    on_damage: choice(
      ['quarantine', 'refuse'],
      'damage is copied aside and passed over, or stops the start',
    ).prefault('quarantine'),
    allow_volatile: flag(
      'true: tmpfs and ramfs are taken too; a restart of the host loses acknowledged batches',
    ).prefault(false),
  }),
  (keys, report) => {
    const { limit, quarantine_limit: quarantine } = keys;
    if (typeof limit !== 'number') return;
    if (typeof quarantine === 'number' && quarantine > limit * quarantineShareMax) {
      report(['quarantine_limit'], 'must be at most 20 % of limit');
    }
    const { segment_size: segment, dead_letter_limit: deadLetter } = keys;
    if (typeof segment !== 'number' || typeof deadLetter !== 'number') return;
    // Besides the quarantine. A segment is live, two are spares, and one is being given back.
    const restBytes = 4 * segment + cursorsSizeBytes + deadLetter + metaSizeBytes;
    const least =
      typeof quarantine === 'number'
        ? restBytes + quarantine
        : Math.ceil(restBytes / (1 - quarantineShareDefault));
    if (limit < least) {
      const mib = Math.ceil(least / MiB);
      const held = '4 segments, quarantine, cursors and dead letters';
      report(['limit'], `must hold ${held}: at least ${mib}MiB`);
    }
  },
);

export const replay = block('how the vault goes back into the pipeline', {
  rate: rate('1KiB/s', '64GiB/s', 'in Green; decompressed bytes').prefault('50MiB/s'),
  yellow_rate: rate(
    '0/s',
    '64GiB/s',
    'in Yellow, and at most while the disk is busy; 0/s pauses',
  ).prefault('1MiB/s'),
  order: choice(['oldest', 'newest'], 'which entries go first').prefault('oldest'),
  min_share: share(
    '0',
    '100',
    'requests of a ready destination that the backlog gets beside live traffic',
  ).prefault(10),
});

export type VaultBlock = z.output<typeof vault>;
export type ReplayBlock = z.output<typeof replay>;

/** Two slots of 32 KiB for each of at most 64 consumers. */
const cursorsSizeBytes = 4 * MiB;
/** META, and the unit that direct I/O is tried with. */
const metaSizeBytes = MiB;
/** Of the limit. */
const quarantineShareDefault = 0.05;
const quarantineShareMax = 0.2;

export function vaultConfig(vault: VaultBlock): VaultConfig {
  return {
    directory: vault.directory,
    limitBytes: vault.limit,
    segmentSizeBytes: vault.segment_size,
    quarantineLimitBytes:
      vault.quarantine_limit ?? Math.floor(vault.limit * quarantineShareDefault),
    deadLetterLimitBytes: vault.dead_letter_limit,
    minFreeBytes: vault.min_free,
    ackDeadlineMs: vault.ack_deadline,
    cursorIntervalMs: vault.cursor_interval,
    fullPolicy: vault.full_policy,
    deadLetterPolicy: vault.dead_letter_policy,
    onDamage: vault.on_damage,
    allowVolatile: vault.allow_volatile,
  };
}

export function replayConfig(replay: ReplayBlock): ReplayConfig {
  return {
    rateBytesPerSecond: replay.rate,
    yellowRateBytesPerSecond: replay.yellow_rate,
    order: replay.order,
    minSharePercent: replay.min_share,
  };
}
