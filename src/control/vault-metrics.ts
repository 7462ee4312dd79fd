// The vault and the replay out of it, from the vault's page. Without a vault there are none of
// these; with one that did not open there is only gophership_vault_up.

import { VaultWord } from '../memory/vault-page.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import {
  counter,
  counters,
  gauge,
  gauges,
  type MetricFamily,
  snakeCase,
  stateGauge,
  timeHistogram,
} from './metric-family.ts';
import { replayStateName, replayStates, spareStates, vaultStates } from './vault-words.ts';

export const vaultFamilies: readonly MetricFamily[] = [
  gauge(
    'gophership_vault_up',
    '1: open; 0: configured, and it could not be opened. Absent: there is none.',
    ({ view }) => (view.hasVault ? Number(view.vaultPage !== undefined) : undefined),
  ),
  stateGauge(
    'gophership_vault_state',
    vaultStates,
    'What the vault can do: ok; full: no room that it may use; read_only: the disk refuses writes, ' +
      'or the lock is lost.',
    ({ view }) => vaultStates[view.vaultPage?.get(VaultWord.State) ?? -1],
  ),
  wordGauge('gophership_vault_limit_bytes', 'vault.limit.', VaultWord.LimitBytes),
  wordGauge(
    'gophership_vault_used_bytes',
    'Everything that the limit counts.',
    VaultWord.UsedBytes,
  ),
  gauges(
    'gophership_vault_part_bytes',
    ['part'],
    'Parts of what is used: the segment being written, spare files, cursors, quarantine, and ' +
      'files in the directory that are not ours.',
    ({ view }, emit) => {
      const { vaultPage } = view;
      if (vaultPage === undefined) return;
      for (const [part, word] of parts) emit(vaultPage.get(word), part);
    },
  ),
  gauge(
    'gophership_vault_disk_free_bytes',
    'What the file system of the vault has for this process, every 10 s. vault.min_free of it is ' +
      'left to others.',
    ({ view }) => {
      const freeBytes = view.vaultPage?.get(VaultWord.DiskFreeBytes);
      return freeBytes === undefined || freeBytes < 0 ? undefined : freeBytes;
    },
  ),
  wordGauge(
    'gophership_vault_segments',
    'Segments, with the one that is being written.',
    VaultWord.SegmentCount,
  ),
  gauges(
    'gophership_vault_waiting_batches',
    ['exporter'],
    'Batches in the vault that a destination has not had yet.',
    ({ view, ledger }, emit) => {
      if (view.vaultPage === undefined) return;
      for (const { id, inVault } of ledger.rows) emit(inVault, id);
    },
  ),
  gauge(
    'gophership_vault_oldest_entry_timestamp_seconds',
    'When the oldest batch that some destination has not had yet was received, since the Unix ' +
      'epoch, or a little earlier; for one of an earlier process when its segment was begun. Absent: ' +
      'none waits.',
    ({ view }) => {
      const wallMs = view.vaultPage?.get(VaultWord.OldestReceivedMs) ?? 0;
      return wallMs === 0 ? undefined : wallMs / 1_000;
    },
  ),
  wordCounter(
    'gophership_vault_appended_batches_total',
    'Batches that were written and are durable.',
    VaultWord.AppendedEntries,
  ),
  wordCounter(
    'gophership_vault_appended_bytes_total',
    'Size of their bodies, before compression.',
    VaultWord.AppendedBytes,
  ),
  wordCounter(
    'gophership_vault_written_bytes_total',
    'Bytes that they are on the disk, with headers and padding.',
    VaultWord.StoredBytes,
  ),
  wordCounter(
    'gophership_vault_groups_total',
    'Groups of batches that were written with one sync.',
    VaultWord.Groups,
  ),
  wordCounter('gophership_vault_syncs_total', 'Calls of fdatasync.', VaultWord.Syncs),
  timeHistogram('gophership_vault_sync_seconds', 'How long a call of fdatasync took.', ({ view }) =>
    view.vaultPage?.syncTimes(),
  ),
  gauge('gophership_vault_sync_seconds_max', 'The slowest fdatasync since the start.', ({ view }) =>
    milliseconds(view.vaultPage?.get(VaultWord.SyncMsMax)),
  ),
  counters(
    'gophership_vault_refused_batches_total',
    ['reason'],
    'Appends that the vault did not take: full, or read_only.',
    ({ view }, emit) => {
      const { vaultPage } = view;
      if (vaultPage === undefined) return;
      emit(vaultPage.get(VaultWord.AnsweredFull), 'full');
      emit(vaultPage.get(VaultWord.AnsweredReadOnly), 'read_only');
    },
  ),
  wordCounter(
    'gophership_vault_dropped_batches_total',
    'Acknowledged batches dropped to make room, as vault.full_policy: drop_oldest asks.',
    VaultWord.DroppedEntries,
  ),
  wordCounter(
    'gophership_vault_dead_letters_total',
    'Batches written to the dead letter.',
    VaultWord.DeadLetters,
  ),
  letterCounter(
    'gophership_dead_letter_batches_total',
    'Batches written to the dead letter, by why: no OTLP, in protobuf or JSON; does not decompress; ' +
      'too large; refused by a destination for good, all of it or some records.',
    'batchCount',
  ),
  letterCounter(
    'gophership_dead_letter_records_total',
    'Records in them, as far as they are counted: of what is not OTLP none are.',
    'recordCount',
  ),
  wordGauge(
    'gophership_dead_letter_waiting_batches',
    'Batches in the dead letter that are neither redriven nor purged.',
    VaultWord.WaitingLetters,
  ),
  wordCounter(
    'gophership_dead_letter_redriven_batches_total',
    'Batches out of the dead letter that an operator had sent again. Goes on over a restart.',
    VaultWord.RedrivenLetters,
  ),
  wordCounter(
    'gophership_dead_letter_purged_batches_total',
    'Batches in the dead letter that an operator gave up. Goes on over a restart.',
    VaultWord.PurgedLetters,
  ),
  wordCounter(
    'gophership_vault_dead_letter_written_bytes_total',
    'Bytes that they are on the disk.',
    VaultWord.DeadLetterBytes,
  ),
  wordCounter(
    'gophership_vault_sealed_segments_total',
    'Segments that were filled.',
    VaultWord.Rotations,
  ),
  wordCounter(
    'gophership_vault_freed_segments_total',
    'Segments that were deleted, because every required destination had what is in them.',
    VaultWord.FreedSegments,
  ),
  wordCounter(
    'gophership_vault_released_batches_total',
    'Batches in them.',
    VaultWord.ReleasedEntries,
  ),
  wordCounter(
    'gophership_vault_released_bytes_total',
    'Size of their files.',
    VaultWord.ReleasedBytes,
  ),
  wordCounter(
    'gophership_vault_rewritten_groups_total',
    'Groups that were written once more into a fresh segment after a failure of the disk.',
    VaultWord.RewrittenGroups,
  ),
  gauge(
    'gophership_vault_disk_fault',
    '1: the disk has refused something since the start; the log says what.',
    ({ view }) => {
      const fault = view.vaultPage?.get(VaultWord.LastFault);
      return fault === undefined ? undefined : Number(fault !== 0);
    },
  ),
  stateGauge(
    'gophership_vault_spare_state',
    spareStates,
    'The file that becomes the next segment: none, filling, ready, refused (no room for one), or ' +
      'failing (three failures in a row).',
    ({ view }) => spareStates[view.vaultPage?.get(VaultWord.SpareState) ?? -1],
  ),
  gauge('gophership_vault_direct_io', '1: direct I/O; 0: through the page cache.', ({ view }) =>
    view.vaultPage?.get(VaultWord.Direct),
  ),
  wordGauge(
    'gophership_vault_quarantine_files',
    'Damaged pieces that were set aside.',
    VaultWord.QuarantineFiles,
  ),
  wordCounter(
    'gophership_vault_quarantine_evicted_total',
    'Such pieces that went because the quarantine was full.',
    VaultWord.QuarantineEvicted,
  ),
  wordGauge(
    'gophership_vault_torn_blocks',
    'Blocks at the end of the log that the start found torn: never acknowledged, no loss.',
    VaultWord.TornBlocks,
  ),
  wordCounter(
    'gophership_vault_damaged_blocks_total',
    'Durable blocks that the start or the replay could not read. What they cost is the term lost ' +
      'of the ledger; a file that is missing has none.',
    VaultWord.DamagedBlocks,
  ),
  gauge(
    'gophership_vault_recovery_seconds',
    'How long the start took to read the log.',
    ({ view }) => milliseconds(view.vaultPage?.get(VaultWord.RecoveryMs)),
  ),
  stateGauge(
    'gophership_replay_state',
    replayStates,
    'What the replay does: running, paused (by command), held (by the zone, or a rate of 0), or ' +
      'stopped.',
    ({ view }) => {
      const word = view.vaultPage?.get(VaultWord.ReplayState);
      return word === undefined ? undefined : replayStateName(word);
    },
  ),
  gauge(
    'gophership_replay_eta_seconds',
    'How long until nothing waits, at the pace of the last seconds. Absent: nothing waits, the ' +
      'replay stands still or is for a part of the log, or more comes in than goes out.',
    ({ view }) => {
      const etaMs = view.vaultPage?.get(VaultWord.ReplayEtaMs) ?? 0;
      return etaMs === 0 ? undefined : etaMs / 1_000;
    },
  ),
  wordCounter(
    'gophership_replay_batches_total',
    'Batches that came back from the vault to be sent, once for each destination.',
    VaultWord.ReplayedEntries,
  ),
  wordCounter(
    'gophership_replay_bytes_total',
    'Size of their bodies, without compression.',
    VaultWord.ReplayedBytes,
  ),
  wordCounter(
    'gophership_replay_duplicate_batches_total',
    'Of them: sent although the destination may have had them.',
    VaultWord.DuplicateEntries,
  ),
];

/** `PartlyRejected` is partly_rejected. */
const deadLetterReasons = Object.entries(DeadLetterReason).map(
  ([name, reason]) => [snakeCase(name), reason] as const,
);

const parts = [
  ['live', VaultWord.LiveBytes],
  ['spare', VaultWord.SpareBytes],
  ['cursors', VaultWord.CursorBytes],
  ['quarantine', VaultWord.QuarantineBytes],
  ['foreign', VaultWord.ForeignBytes],
] as const;

function letterCounter(
  name: string,
  help: string,
  count: 'batchCount' | 'recordCount',
): MetricFamily {
  return counters(name, ['reason'], help, ({ view: { vaultPage } }, emit) => {
    if (vaultPage === undefined) return;
    for (const [reason, word] of deadLetterReasons)
      emit(vaultPage.deadLetters(word)[count], reason);
  });
}

function wordCounter(name: string, help: string, word: VaultWord): MetricFamily {
  return counter(name, help, ({ view }) => view.vaultPage?.get(word));
}

function wordGauge(name: string, help: string, word: VaultWord): MetricFamily {
  return gauge(name, help, ({ view }) => view.vaultPage?.get(word));
}

function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value / 1_000;
}
