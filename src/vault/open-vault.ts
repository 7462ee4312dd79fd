// Opens a vault for writing: takes its directory and the lock, then joins the parts over it. Used
// once, on the vault thread, before it serves.

import type { Region } from '../memory/region.ts';
import { type JoinVaultOptions, joinVault, type OpenVault } from './join-vault.ts';
import { openVaultDirectory } from './open-vault-directory.ts';
import { VaultBuffers } from './vault-buffers.ts';

export interface OpenVaultOptions extends JoinVaultOptions {
  readonly memory: WebAssembly.Memory;
  /** `layout.vault.writer`. */
  readonly writerRegion: Region;
}

/**
 * Throws VAULT_DIRECTORY, VAULT_LOCKED, VAULT_MEDIUM, VAULT_REFUSED or VAULT_FAILED; then nothing
 * is held.
 */
export function openVault(options: OpenVaultOptions): OpenVault {
  const buffers = new VaultBuffers(options.memory, options.writerRegion);
  const { offsetBytes } = buffers.staging;
  const opened = openVaultDirectory(options.config, buffers.area.bytes, offsetBytes);
  if (opened.warnings.length > 0) options.log.warn('VAULT_MEDIUM', opened.warnings.join('; '));
  try {
    return joinVault(options, opened, buffers);
  } catch (error) {
    opened.lock?.release();
    throw error;
  }
}
