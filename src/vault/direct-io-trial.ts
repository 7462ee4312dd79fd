// Does direct I/O work where the vault is? One unit is written and read back at every start. If it
// does not, the same files are written through the page cache, and status says so and why.

import { assert } from '../assert.ts';
import {
  type BlockFile,
  directAlignmentBytes,
  OpenMode,
  type VaultDirectory,
} from './block-file.ts';
import { metaPath, segmentFolder, unfinishedSuffix } from './file-names.ts';
import { IoFault, ioFaultName } from './io-fault.ts';

export const DirectReason = {
  /** It works. */
  None: 0,
  Open: 1,
  Write: 2,
  /** It took the write, and gave other bytes back, or none. */
  Readback: 3,
  /** No Linux. */
  Platform: 4,
  /** Nobody wanted it. */
  Config: 5,
} as const;
export type DirectReason = (typeof DirectReason)[keyof typeof DirectReason];

export interface DirectVerdict {
  readonly direct: boolean;
  /** None if and only if `direct`. */
  readonly reason: DirectReason;
  /** Of the call that failed. */
  readonly fault: IoFault;
  /** The finest that was seen to work, for the log: 512 or 4096; 0 if nothing was written. */
  readonly alignmentBytes: number;
}

/** Its name is that of an unfinished file, which every start deletes. */
export const directTrialPath = `${segmentFolder}/direct${unfinishedSuffix}`;

/**
 * Takes two units of memory at `offsetBytes`, aligned, and one unit of disk for a moment. A disk
 * that takes no writes just now, full or read-only, is asked by reading instead: it must not end
 * up buffered for that.
 */
export function tryDirectIo(
  directory: VaultDirectory,
  bytes: Uint8Array,
  offsetBytes: number,
): DirectVerdict {
  const end = offsetBytes + 2 * directAlignmentBytes;
  assert(offsetBytes % directAlignmentBytes === 0, 'memory for direct I/O is not aligned');
  assert(end <= bytes.length, 'memory for direct I/O is too small');
  directory.unlink(directTrialPath); // NotFound is what we hope for; else open() says more
  const opened = directory.open(directTrialPath, { mode: OpenMode.Create, direct: true });
  if (opened.fault !== IoFault.None) {
    // A refused open can still have made the file.
    directory.unlink(directTrialPath);
    if (!takesNoWrites(opened.fault)) return refused(DirectReason.Open, opened.fault);
    return testReading(directory, bytes, offsetBytes, opened.fault);
  }
  const verdict = testFile(opened.file, bytes, offsetBytes);
  opened.file.close();
  directory.unlink(directTrialPath);
  if (verdict.reason !== DirectReason.Write || !takesNoWrites(verdict.fault)) return verdict;
  return testReading(directory, bytes, offsetBytes, IoFault.None);
}

/** Buffered because nobody asked for direct I/O. */
export const directNotWanted: DirectVerdict = refused(DirectReason.Config, IoFault.None);

/** One word for status: reason and fault. */
export function directReasonWord({ reason, fault }: DirectVerdict): number {
  return reason | (fault << 8);
}

/** `open: Invalid`; empty if direct I/O works. */
export function directReasonText(word: number): string {
  const name = ['', 'open', 'write', 'readback', 'platform', 'config'][word & 0xff] ?? 'unknown';
  const fault = Object.values(IoFault).find((one) => one === word >>> 8) ?? IoFault.None;
  return fault === IoFault.None ? name : `${name}: ${ioFaultName(fault)}`;
}

function testFile(file: BlockFile, bytes: Uint8Array, offsetBytes: number): DirectVerdict {
  const verdict = writeAndReadBack(file, bytes, offsetBytes, directAlignmentBytes);
  if (!verdict.direct) return verdict;
  const finer = writeAndReadBack(file, bytes, offsetBytes, sectorSizeBytes);
  return finer.direct ? finer : verdict;
}

const sectorSizeBytes = 512;

/** At the place that its own length is the alignment of. */
function writeAndReadBack(
  file: BlockFile,
  bytes: Uint8Array,
  offsetBytes: number,
  lengthBytes: number,
): DirectVerdict {
  const isUnit = lengthBytes === directAlignmentBytes;
  const position = isUnit ? 0 : lengthBytes;
  const from = offsetBytes + position;
  const into = from + directAlignmentBytes;
  for (let at = 0; at < lengthBytes; at += 1) bytes[from + at] = patternByte(at, lengthBytes);
  const written = file.write(bytes, from, lengthBytes, position);
  if (written !== IoFault.None) return refused(DirectReason.Write, written);
  bytes.fill(0, into, into + lengthBytes);
  const count = file.read(bytes, into, lengthBytes, position);
  if (count < 0) return refused(DirectReason.Readback, faultOfCount(count));
  for (let at = 0; at < lengthBytes; at += 1) {
    if (at >= count || bytes[into + at] !== patternByte(at, lengthBytes)) {
      return refused(DirectReason.Readback, IoFault.None);
    }
  }
  return { direct: true, reason: 0, fault: IoFault.None, alignmentBytes: lengthBytes };
}

/** No zeros, which a file that was never written would give back; another one for each length. */
function patternByte(index: number, lengthBytes: number): number {
  return 1 + ((index * 7 + lengthBytes) % 251);
}

/** META is there in every vault but a new one. */
function testReading(
  directory: VaultDirectory,
  bytes: Uint8Array,
  offsetBytes: number,
  createFault: IoFault,
): DirectVerdict {
  const opened = directory.open(metaPath, { mode: OpenMode.Read, direct: true });
  if (opened.fault === IoFault.NotFound && createFault === IoFault.None) {
    // Opened with O_DIRECT it was; only room for the bytes was missing.
    return { direct: true, reason: 0, fault: IoFault.None, alignmentBytes: 0 };
  }
  if (opened.fault !== IoFault.None) return refused(DirectReason.Open, opened.fault);
  const count = opened.file.read(bytes, offsetBytes, directAlignmentBytes, 0);
  opened.file.close();
  // An empty or torn META is none of our business here.
  if (count < 0) return refused(DirectReason.Readback, faultOfCount(count));
  return { direct: true, reason: 0, fault: IoFault.None, alignmentBytes: 0 };
}

/** NotFound: a read-only vault whose folder was never made. */
function takesNoWrites(fault: IoFault): boolean {
  return noWriteFaults.includes(fault);
}

const noWriteFaults: readonly IoFault[] = [
  ...[IoFault.NoSpace, IoFault.Quota, IoFault.ReadOnly, IoFault.NotFound],
];

function refused(reason: DirectReason, fault: IoFault): DirectVerdict {
  return { direct: false, reason, fault, alignmentBytes: 0 };
}

/** A read answers a count or a negated fault. */
function faultOfCount(count: number): IoFault {
  return Object.values(IoFault).find((fault) => fault === -count) ?? IoFault.Other;
}
