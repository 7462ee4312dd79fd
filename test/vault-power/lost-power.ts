// What a disk may hold after power was lost at a place in its log: all that was flushed, and of
// what came since then any part. A sector of 512 bytes is whole or was never written where the
// vault's own structures lie. Elsewhere 4096 bytes are, for the sake of the file system, whose
// superblock does not survive less.

import type { SeededRandom } from '../support/seeded-random.ts';
import type { SparseImage } from './sparse-image.ts';
import type { LoggedWrite, WriteLog } from './write-log.ts';

/** How much of what was not flushed is there; a fate for each write, or for one of them. */
export type LossKind = 'all' | 'none' | 'subset' | 'torn' | 'all-but-one' | 'one' | 'prefix';

/** Mostly it is a single write that is open, of which only the torn parts are of interest. */
export const lossKinds: readonly LossKind[] = [
  ...(['all', 'none', 'subset', 'all-but-one', 'one'] as const),
  ...(['torn', 'torn', 'prefix', 'prefix'] as const),
];

/** Whole, not at all, or in parts. */
type Fate = 'kept' | 'lost' | 'torn';

/** What of `writes` is on the disk, in their order: later parts lie over earlier ones. */
export function survivors(
  writes: readonly LoggedWrite[],
  kind: LossKind,
  random: SeededRandom,
): LoggedWrite[] {
  const chosen = random.below(Math.max(writes.length, 1));
  const left: LoggedWrite[] = [];
  for (const [index, write] of writes.entries()) {
    const fate = fateOf(kind, index, chosen, random);
    if (fate === 'kept') left.push(write);
    if (fate === 'torn') left.push(...tornParts(write, random));
  }
  return left;
}

/** Moves the durable content of a disk on, from one place of its log to a later one. */
export function applyWrites(image: SparseImage, log: WriteLog, from: number, to: number): void {
  for (const { bytes, offsetBytes } of log.writes(from, to)) image.write(bytes, offsetBytes);
}

function fateOf(kind: LossKind, index: number, chosen: number, random: SeededRandom): Fate {
  switch (kind) {
    case 'all':
      return 'kept';
    case 'none':
      return 'lost';
    case 'subset':
      return random.oneIn(2) ? 'kept' : 'lost';
    case 'torn':
      return random.pick(['kept', 'lost', 'torn'] as const);
    case 'all-but-one':
      return index !== chosen ? 'kept' : random.pick(['lost', 'torn'] as const);
    case 'one':
      return index === chosen ? random.pick(['kept', 'torn'] as const) : 'lost';
    case 'prefix':
      return index < chosen ? 'kept' : index > chosen ? 'lost' : 'torn';
  }
}

function tornParts({ bytes, offsetBytes }: LoggedWrite, random: SeededRandom): LoggedWrite[] {
  const sectorBytes = holdsVault(bytes) ? 512 : 4096;
  const parts: LoggedWrite[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + sectorBytes - ((offsetBytes + from) % sectorBytes));
    const part = { bytes: bytes.subarray(from, to), offsetBytes: offsetBytes + from };
    if (random.oneIn(2)) parts.push(part);
    from = to;
  }
  return parts;
}

// What a unit of the vault's files begins with: headers of segments and blocks, META, cursors.
const beginnings: readonly string[] = ['^*M\u0018', 'VMET', 'VCUR'];

function holdsVault(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < view.length; at += 4096) {
    if (beginnings.includes(view.toString('latin1', at, at + 4))) return true;
  }
  return false;
}
