// The first steps of a start, before recovery reads anything: the directory is made, judged and
// locked, and direct I/O is tried in it. Everything that an operator can mend is refused here.

import type { VaultConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import { DirectDirectory } from './direct-file.ts';
import {
  type DirectVerdict,
  directReasonText,
  directReasonWord,
  tryDirectIo,
} from './direct-io-trial.ts';
import { IoFault, ioFaultName } from './io-fault.ts';
import { Medium, type MediumFacts, mediumFacts } from './medium.ts';
import { minFreeBytesDefault } from './space.ts';
import { makeVaultFolders, vaultFolders, vaultSizeBytes } from './vault-folders.ts';
import { VaultLock } from './vault-lock.ts';
import { checkVaultFolders, prepareVaultRoot, refusal } from './vault-root.ts';

export interface OpenedVaultDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly directory: DirectDirectory;
  /** Undefined on a read-only mount: no epoch, nothing is written, folders may be missing. */
  readonly lock: VaultLock | undefined;
  readonly medium: MediumFacts;
  readonly direct: DirectVerdict;
  /** For the operator, in one line with code VAULT_MEDIUM: the log holds back a second one. */
  readonly warnings: readonly string[];
}

export type VaultDirectoryConfig = Pick<
  VaultConfig,
  'directory' | 'limitBytes' | 'minFreeBytes' | 'allowVolatile'
>;

/**
 * `bytes` at `offsetBytes` is shared memory for the test of direct I/O: two units, aligned. Throws
 * VAULT_DIRECTORY, VAULT_LOCKED or VAULT_MEDIUM; then nothing is held.
 */
export function openVaultDirectory(
  config: VaultDirectoryConfig,
  bytes: Uint8Array,
  offsetBytes: number,
): OpenedVaultDirectory {
  const root = prepareVaultRoot(config.directory);
  const directory = new DirectDirectory(root.path);
  const medium = judgeMedium(config, directory, root.path);
  checkVaultFolders(root.path, vaultFolders);
  const lock = takeLock(root.path);
  try {
    if (lock !== undefined) makeFolders(directory, root.path);
    const direct = tryDirectIo(directory, bytes, offsetBytes);
    const warnings = [
      ...root.warnings,
      ...(medium.warning === undefined ? [] : [`vault.directory: ${medium.warning}`]),
      ...directWarning(direct),
      ...spaceWarning(config, directory),
    ];
    return { path: root.path, directory, lock, medium, direct, warnings };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

function judgeMedium(
  { allowVolatile }: VaultDirectoryConfig,
  directory: DirectDirectory,
  path: string,
): MediumFacts {
  const found = directory.statfs();
  if (found.fault !== IoFault.None) throw refusal(path, `statfs: ${ioFaultName(found.fault)}`);
  const facts = mediumFacts(found.status.type);
  if (facts.medium !== Medium.Volatile || allowVolatile) return facts;
  const text = `vault.directory: ${path}: ${facts.fileSystem} is memory and forgets what was acknowledged`;
  throw new GopherShipError(
    'VAULT_MEDIUM',
    `${text}; vault.allow_volatile: true takes it as it is`,
  );
}

function takeLock(path: string): VaultLock | undefined {
  const result = VaultLock.acquire(path);
  switch (result.state) {
    case 'held':
      return result.lock;
    case 'readOnly':
      return undefined;
    case 'busy': {
      const { processId } = result;
      const who = processId === undefined ? 'another process' : `process ${processId}`;
      throw new GopherShipError('VAULT_LOCKED', `vault.directory: ${path} is in use by ${who}`);
    }
    case 'failed':
      throw refusal(path, `cannot be locked: ${result.reason}`);
  }
}

/** A full disk may refuse a folder that is missing; one that has them all can be started. */
function makeFolders(directory: DirectDirectory, path: string): void {
  const fault = makeVaultFolders(directory);
  if (fault !== IoFault.None) {
    throw refusal(path, `its folders cannot be made: ${ioFaultName(fault)}`);
  }
  // Made by somebody else since the first look, if they are not what they should be.
  checkVaultFolders(path, vaultFolders);
}

function directWarning(direct: DirectVerdict): string[] {
  if (direct.direct) return [];
  const why = directReasonText(directReasonWord(direct));
  return [`vault.directory: no direct I/O (${why}): writes go through the page cache`];
}

function spaceWarning(config: VaultDirectoryConfig, directory: DirectDirectory): string[] {
  const found = directory.statfs();
  if (found.fault !== IoFault.None) return [];
  const { availableBytes, sizeBytes } = found.status;
  const keepBytes = config.minFreeBytes ?? minFreeBytesDefault(sizeBytes);
  const neededBytes = Math.max(0, config.limitBytes - vaultSizeBytes(directory));
  const freeBytes = Math.max(0, availableBytes - keepBytes);
  if (neededBytes <= freeBytes) return [];
  return [
    `vault.limit: ${neededBytes} bytes are still to come, but the file system has only ` +
      `${freeBytes} beyond vault.min_free (${keepBytes}): the vault will be full before its limit`,
  ];
}
