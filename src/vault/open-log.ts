// One log, recovered and ready to be written: the main one, or the dead letters.

import { getRandomValues } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import type { VaultDirectory } from './block-file.ts';
import { MetaFlag, unitSizeBytes } from './format.ts';
import { IoFault, ioFaultName } from './io-fault.ts';
import type { CursorEvidence } from './log-evidence.ts';
import { LogState } from './log-state.ts';
import { LogWriter } from './log-writer.ts';
import type { MetaFile } from './meta-file.ts';
import { ReceivedMarks } from './received-marks.ts';
import { type RecoveredLog, recoverLog } from './recovery.ts';
import { SegmentFolder } from './segment-folder.ts';
import { SegmentList } from './segment-list.ts';
import { VaultSpace } from './space.ts';
import type { VaultBuffers } from './vault-buffers.ts';
import type { VaultLog } from './vault-loop.ts';
import { vaultUuidSizeBytes } from './vault-uuid.ts';

export interface OpenLogOptions {
  readonly directory: VaultDirectory;
  readonly space: VaultSpace;
  readonly buffers: VaultBuffers;
  readonly direct: boolean;
  readonly clock: Clock;
  readonly software: string;
  readonly capacityBytes: number;
  readonly keepsReserve: boolean;
  readonly acceleration: () => number;
  readonly onDamage: 'quarantine' | 'refuse';
  readonly readOnly: boolean;
  readonly cursors: readonly CursorEvidence[];
  readonly quarantineSizeBytesMax: number;
}

export interface OpenedLog extends VaultLog {
  /** Without its segments, which are in the list. */
  readonly recovered: Omit<RecoveredLog, 'segments'>;
  /** When its entries were received. */
  readonly received: ReceivedMarks;
  /** After the log was sealed: META says that it was a clean end. */
  close(): void;
}

/** Throws VAULT_REFUSED or VAULT_FAILED. The spares are to be adopted when all is counted. */
export function openLog(options: OpenLogOptions): OpenedLog {
  const { directory, space, buffers, direct, clock, capacityBytes } = options;
  const { segments: finished, ...recovered } = recover(options);
  const { origin, meta, isWritable } = recovered;
  const folder = new SegmentFolder(directory, space);
  const segments = new SegmentList(folder);
  segments.reserve(finished.count);
  const received = new ReceivedMarks();
  for (const segment of finished) {
    segments.append(segment);
    const { firstEntrySeq, createdMs } = segment;
    if (createdMs > 0) received.add(firstEntrySeq, createdMs);
  }
  const writer = new LogWriter({
    ...{ folder, segments, buffers, origin, clock, capacityBytes, direct },
    software: options.software,
    drawSalt: (salt) => {
      const [low = 0, high = 0] = getRandomValues(new Uint32Array(2));
      salt.set(low, high);
    },
    ...{ keepsReserve: options.keepsReserve, acceleration: options.acceleration },
  });
  if (!isWritable) writer.becomeReadOnly();
  return {
    recovered,
    received,
    writer,
    segments,
    isWritable,
    makeFloorsDurable: () => writeFloors(meta, writer, clock, 0),
    close() {
      if (writer.state !== LogState.ReadOnly)
        writeFloors(meta, writer, clock, MetaFlag.CleanShutdown);
      writer.close();
    },
  };
}

/** Throws what openLog() would throw, and writes nothing. */
export function checkLog(options: OpenLogOptions): void {
  const { directory } = options;
  const uncounted = { directory, limitBytes: Number.MAX_SAFE_INTEGER, minFreeBytes: 0 };
  recover({ ...options, space: new VaultSpace(uncounted), readOnly: true });
}

function recover(options: OpenLogOptions): RecoveredLog {
  const { buffers, space, capacityBytes } = options;
  const result = recoverLog({
    ...options,
    area: buffers.area,
    hash: buffers.hash,
    scratchOffsetBytes: buffers.staging.offsetBytes,
    capacityUnits: capacityBytes / unitSizeBytes,
    quota: space,
    found: (usedBytes) => space.count(usedBytes),
    newVaultUuid: getRandomValues(new Uint8Array(vaultUuidSizeBytes)),
  });
  switch (result.kind) {
    case 'recovered':
      return result;
    case 'refused':
      throw new GopherShipError('VAULT_REFUSED', `${result.reason}: ${result.detail}`);
    case 'failed': {
      const text = `${result.detail}: ${ioFaultName(result.fault)}`;
      throw new GopherShipError('VAULT_FAILED', text);
    }
  }
}

/** False: the disk did not take them, and what depends on them must wait. */
function writeFloors(meta: MetaFile, writer: LogWriter, clock: Clock, flags: number): boolean {
  const { slot } = meta;
  const { position } = writer;
  slot.flags = flags;
  slot.nextSegmentId = position.nextSegmentId;
  slot.nextBlockSeq = position.nextBlockSeq;
  slot.nextEntrySeq = position.nextEntrySeq;
  slot.durableSeq = position.durableSeq;
  slot.durableEntryEnd = position.durableEntryEnd;
  slot.writtenNs.setNsOfMs(clock.wallMs());
  return meta.write() === IoFault.None;
}
