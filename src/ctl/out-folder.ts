// The folder that `--out` of the certificate commands names: made where it is missing, and a clear
// word where it cannot be written.

import { makeFolder } from '../tls/make-folder.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';

/** Rejects with a CtlError for what the system refuses. */
export async function intoFolder(directory: string, write: () => Promise<void>): Promise<void> {
  try {
    await makeFolder(directory, 0o700);
    await write();
  } catch (error) {
    // A fault of ours has no code of the system.
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    const text = `--out ${directory}: cannot be written: ${error.code}`;
    throw new CtlError('USAGE', CtlExit.Usage, text, 'choose another folder');
  }
}
