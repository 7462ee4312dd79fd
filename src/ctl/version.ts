// `gs-ctl version`: the client's version and what it runs on.

import { readFile } from 'node:fs/promises';
import { CtlExit } from './exit-code.ts';
import { show, type Terminal } from './terminal.ts';

export async function version(terminal: Terminal): Promise<CtlExit> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  // Our own file, beside the source.
  const { version } = JSON.parse(text) as { version: string };
  const client = {
    version,
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
  };
  await show(terminal, { kind: 'Version', client }, () => {
    return `gs-ctl ${client.version} (node ${client.node}, ${client.platform})\n`;
  });
  return CtlExit.Done;
}
