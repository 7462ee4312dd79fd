// How long an fdatasync of a few KiB takes where the vault is: every acknowledgement that comes
// from the vault waits for one. Over a file that is written already, as a segment is.

import { type BlockFile, OpenMode } from '../../vault/block-file.ts';
import { DirectDirectory } from '../../vault/direct-file.ts';
import { IoFault, ioFaultName } from '../../vault/io-fault.ts';
import { latencyText } from '../quantity-text.ts';
import { type Finding, failure, fine, warning } from './finding.ts';
import { probeMemory } from './probe-memory.ts';

export type SyncProbe =
  | {
      readonly kind: 'times';
      readonly p50Ms: number;
      readonly p99Ms: number;
      readonly count: number;
    }
  | { readonly kind: 'fault'; readonly reason: string };

const blockSizeBytes = 4_096;
const blockCount = 64;
/** A slow disk is known to be one after this long. */
const probeMsMax = 3_000;

export function probeSync(folder: string, direct: boolean, nowMs: () => number): SyncProbe {
  const opened = new DirectDirectory(folder).open('sync', { mode: OpenMode.Create, direct });
  if (opened.fault !== IoFault.None) return fault(opened.fault);
  try {
    return measure(opened.file, nowMs);
  } finally {
    opened.file.close();
  }
}

export function syncVerdict(probe: SyncProbe): Finding {
  if (probe.kind === 'fault') {
    const hint = 'the log of the kernel (dmesg) may say more about this disk';
    return failure('sync_latency', `the disk refuses to write: ${probe.reason}`, hint);
  }
  const { p50Ms, p99Ms, count } = probe;
  const found = `p50 ${latencyText(p50Ms)}, p99 ${latencyText(p99Ms)} of ${count} fdatasync`;
  if (p50Ms > failureMs) {
    const hint = 'destinations get 2 s (vault.ack_deadline), producers 10 s: use another disk';
    return failure('sync_latency', found, hint);
  }
  if (p99Ms > warningMs) {
    const hint =
      'every acknowledgement out of the vault waits for one; is the disk shared, or busy?';
    return warning('sync_latency', found, hint);
  }
  return fine('sync_latency', found);
}

const warningMs = 100;
const failureMs = 1_000;

function measure(file: BlockFile, nowMs: () => number): SyncProbe {
  const bytes = probeMemory();
  bytes.fill(1, 0, blockSizeBytes);
  for (let block = 0; block < blockCount; block += 1) {
    const written = file.write(bytes, 0, blockSizeBytes, block * blockSizeBytes);
    if (written !== IoFault.None) return fault(written);
  }
  const begun = file.fdatasync();
  if (begun !== IoFault.None) return fault(begun);
  const times: number[] = [];
  const untilMs = nowMs() + probeMsMax;
  for (let block = 0; block < blockCount && nowMs() < untilMs; block += 1) {
    const written = file.write(bytes, 0, blockSizeBytes, block * blockSizeBytes);
    if (written !== IoFault.None) return fault(written);
    const fromMs = nowMs();
    const synced = file.fdatasync();
    if (synced !== IoFault.None) return fault(synced);
    times.push(nowMs() - fromMs);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { kind: 'times', p50Ms: at(0.5), p99Ms: at(0.99), count: times.length };
}

function fault(of: IoFault): SyncProbe {
  return { kind: 'fault', reason: ioFaultName(of) };
}
