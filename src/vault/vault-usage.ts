// How many bytes lie in the vault directory beside the segments. Everything counts against the
// limit, whoever put it there.

import { FileType, type VaultDirectory } from './block-file.ts';
import {
  cursorFolder,
  deadLetterFolder,
  lockPath,
  metaPath,
  quarantineFolder,
  segmentFolder,
  unfinishedSuffix,
} from './file-names.ts';
import { IoFault } from './io-fault.ts';
import type { UsedBytes } from './recovery-report.ts';

/** Folders inside folders that are not ours: deeper ones are not looked at. */
const depthMax = 4;

/** `segments` and `spares` are left as they are; dead letters are a log of their own. */
export function addUsedBytes(directory: VaultDirectory, used: UsedBytes): IoFault {
  const listed = directory.list('');
  if (listed.fault !== IoFault.None) return listed.fault;
  for (const { name, type, sizeBytes } of listed.names) {
    if (name === segmentFolder || name === deadLetterFolder) continue;
    if (type === FileType.File) {
      const isMeta = name === metaPath || name === metaPath + unfinishedSuffix;
      if (isMeta) used.meta += sizeBytes;
      else if (name !== lockPath) used.foreign += sizeBytes;
    } else if (type === FileType.Directory) {
      const folderBytes = folderSizeBytes(directory, name, depthMax);
      // `as`: a negated IoFault.
      if (folderBytes < 0) return -folderBytes as IoFault;
      if (name === cursorFolder) used.cursors += folderBytes;
      else if (name === quarantineFolder) used.quarantine += folderBytes;
      else used.foreign += folderBytes;
    }
  }
  return IoFault.None;
}

/**
 * Or a negated IoFault. What may not be looked at is somebody else's, and counts as nothing; what
 * cannot be looked at just now would be missing from the limit.
 */
function folderSizeBytes(directory: VaultDirectory, path: string, depth: number): number {
  const listed = directory.list(path);
  if (listed.fault === IoFault.Denied || listed.fault === IoFault.NotFound) return 0;
  if (listed.fault !== IoFault.None) return -listed.fault;
  let sizeBytes = 0;
  for (const file of listed.names) {
    if (file.type === FileType.File) sizeBytes += file.sizeBytes;
    if (file.type !== FileType.Directory || depth === 0) continue;
    const inside = folderSizeBytes(directory, `${path}/${file.name}`, depth - 1);
    if (inside < 0) return inside;
    sizeBytes += inside;
  }
  return sizeBytes;
}
