// Which commit a checkout is, so that a report says what was measured.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** `commit 55ac975 (exporter: make the output folder...)`, and whether files differ from it. */
export async function describeCommit(directory: string): Promise<string> {
  const git = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)('git', ['-C', directory, ...args]);
    return stdout.trim();
  };
  const commit = await git('log', '-1', '--format=%h (%s)');
  const changed = await git('status', '--porcelain', '--', 'src', 'bin', 'package.json');
  return `commit ${commit}${changed === '' ? '' : ' with uncommitted changes'}`;
}
