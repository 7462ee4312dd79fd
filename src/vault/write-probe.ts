// One write to a file of its own: does this disk take writes, and if not, why? A short write has no
// errno (libuv swallows it), so the cause is asked for here, on another file than the failed one.

import { OpenMode, type VaultDirectory } from './block-file.ts';
import { unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';

/**
 * Writes a unit of `bytes`, makes it durable and takes it away again. The caller has counted the
 * unit and picked a path that nothing else has; what an earlier life left there is removed first.
 */
export function probeWrite(
  directory: VaultDirectory,
  path: string,
  direct: boolean,
  bytes: Uint8Array,
  offsetBytes: number,
): IoFault {
  directory.unlink(path); // NotFound is what we hope for; anything else shows at open()
  const opened = directory.open(path, { mode: OpenMode.Create, direct });
  if (opened.fault !== IoFault.None) return opened.fault;
  const written = opened.file.write(bytes, offsetBytes, unitSizeBytes, 0);
  const synced = written === IoFault.None ? opened.file.fdatasync() : written;
  opened.file.close();
  const unlinked = directory.unlink(path);
  return synced === IoFault.None ? unlinked : synced;
}

/** The cause of a short write, as far as it can be known; Short if the disk takes writes now. */
export function shortWriteCause(
  directory: VaultDirectory,
  path: string,
  direct: boolean,
  bytes: Uint8Array,
  offsetBytes: number,
): IoFault {
  const fault = probeWrite(directory, path, direct, bytes, offsetBytes);
  return fault === IoFault.None ? IoFault.Short : fault;
}
