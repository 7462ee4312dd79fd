// Has the file system of the vault the room that vault.limit promises, and does it keep what it is
// given?

import { statfsSync } from 'node:fs';
import { DirectDirectory } from '../../vault/direct-file.ts';
import { Medium, mediumFacts } from '../../vault/medium.ts';
import { minFreeBytesDefault } from '../../vault/space.ts';
import { vaultSizeBytes } from '../../vault/vault-folders.ts';
import { sizeText } from '../quantity-text.ts';
import { type Finding, failure, fine, warning } from './finding.ts';

export interface SpaceFacts {
  readonly availableBytes: number;
  readonly fileSystemBytes: number;
  /** What the vault has of it already. */
  readonly vaultBytes: number;
  /** Undefined: no configuration says. */
  readonly limitBytes: number | undefined;
  /** Undefined: the default. */
  readonly minFreeBytes: number | undefined;
}

export interface FileSystemFacts {
  /** statfs f_type. */
  readonly type: number;
  readonly availableBytes: number;
  readonly sizeBytes: number;
}

/** Of a directory that is there. */
export function probeFileSystem(directory: string): FileSystemFacts {
  const { type, bsize, bavail, blocks } = statfsSync(directory);
  return { type, availableBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

/** 0 for one that is not there yet. */
export function probeVaultBytes(directory: string): number {
  return vaultSizeBytes(new DirectDirectory(directory));
}

export function spaceVerdict(facts: SpaceFacts): Finding {
  const { availableBytes, fileSystemBytes, vaultBytes, limitBytes } = facts;
  const keepBytes = facts.minFreeBytes ?? minFreeBytesDefault(fileSystemBytes);
  const freeBytes = Math.max(0, availableBytes - keepBytes);
  const found = `${sizeText(availableBytes)} free, ${sizeText(keepBytes)} of it left to others`;
  if (freeBytes === 0) {
    return failure(
      'free_space',
      found,
      'nothing can go to the vault: make room, or lower min_free',
    );
  }
  if (limitBytes === undefined) return fine('free_space', found);
  const neededBytes = Math.max(0, limitBytes - vaultBytes);
  const text = `${found}; the vault may still take ${sizeText(neededBytes)}`;
  if (neededBytes <= freeBytes) return fine('free_space', text);
  const hint = 'it will be full before its limit: make room, or lower vault.limit';
  return warning('free_space', text, hint);
}

export function mediumVerdict(type: number, allowsVolatile: boolean): Finding {
  const { medium, fileSystem, warning: text } = mediumFacts(type);
  if (text === undefined) return fine('file_system', fileSystem);
  if (medium !== Medium.Volatile) {
    return warning('file_system', text, 'docs/OPERATIONS.md, "The vault", says what that means');
  }
  if (allowsVolatile) {
    return warning('file_system', text, 'vault.allow_volatile takes it as it is');
  }
  return failure('file_system', text, 'set vault.directory to a folder on a disk');
}
