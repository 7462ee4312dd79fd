// The folders of a vault, and what lies in them as far as space is concerned.

import { FileType, type VaultDirectory } from './block-file.ts';
import { cursorFolder, deadLetterFolder, quarantineFolder, segmentFolder } from './file-names.ts';
import { IoFault } from './io-fault.ts';
import { parentPath } from './vault-path.ts';

/** Parents first. */
export const vaultFolders: readonly string[] = [
  segmentFolder,
  cursorFolder,
  quarantineFolder,
  deadLetterFolder,
  `${deadLetterFolder}/${segmentFolder}`,
  `${deadLetterFolder}/${quarantineFolder}`,
];

/** Makes those that are missing; once it says None all of them are durable. */
export function makeVaultFolders(directory: VaultDirectory): IoFault {
  const parents = new Set<string>();
  for (const folder of vaultFolders) {
    const fault = directory.makeDirectory(folder);
    if (fault !== IoFault.None && fault !== IoFault.Exists) return fault;
    // Also of one that was there: the life that made it may have ended before this.
    parents.add(parentPath(folder));
  }
  for (const parent of parents) {
    const fault = directory.fsyncDirectory(parent);
    if (fault !== IoFault.None) return fault;
  }
  return IoFault.None;
}

/** Of all files in the vault's folders, ours or not. A folder that is not there has none. */
export function vaultSizeBytes(directory: VaultDirectory): number {
  let sizeBytes = 0;
  for (const folder of ['', ...vaultFolders, `${deadLetterFolder}/${cursorFolder}`]) {
    directory.visit(folder, (file) => {
      if (file.type !== FileType.Directory) sizeBytes += file.sizeBytes;
    });
  }
  return sizeBytes;
}
