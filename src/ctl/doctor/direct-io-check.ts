// Does direct I/O work where the vault is? The same trial that the engine makes at its start.

import { DirectDirectory } from '../../vault/direct-file.ts';
import {
  type DirectVerdict,
  directReasonText,
  directReasonWord,
  tryDirectIo,
} from '../../vault/direct-io-trial.ts';
import { segmentFolder } from '../../vault/file-names.ts';
import { type Finding, fine, warning } from './finding.ts';
import { probeMemory } from './probe-memory.ts';

export function probeDirectIo(folder: string): DirectVerdict {
  const directory = new DirectDirectory(folder);
  directory.makeDirectory(segmentFolder);
  return tryDirectIo(directory, probeMemory(), 0);
}

export function directIoVerdict(verdict: DirectVerdict): Finding {
  if (verdict.direct) {
    return fine('direct_io', `works, in units of ${verdict.alignmentBytes} bytes`);
  }
  const why = directReasonText(directReasonWord(verdict));
  return warning(
    'direct_io',
    `does not work (${why}): the vault writes through the page cache`,
    'the guarantees are the same, writes cost more memory; ext4 or XFS on a disk of its own is best',
  );
}
