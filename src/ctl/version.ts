// `gs-ctl version`: the versions of the client and of the engine, and whether they are the same.

import type { ControlFlags } from './control-connection.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit, type StatusExit } from './exit-code.ts';
import { resolveTarget } from './target.ts';
import { show, type Terminal } from './terminal.ts';

export interface VersionFlags extends ControlFlags {
  /** Only the client's. */
  readonly client?: boolean;
  readonly ownVersion: string;
}

/** Of an engine; its code is loaded only where there is one to ask. */
type AskEngine = (flags: ControlFlags, terminal: Terminal) => Promise<EngineVersion>;

export interface EngineVersion {
  readonly address: string;
  readonly host: string;
  readonly version: string;
}

/** Without any target it is the client's version alone, which is no error. */
export async function version(
  flags: VersionFlags,
  terminal: Terminal,
  askEngine: AskEngine = askRunningEngine,
): Promise<CtlExit | StatusExit> {
  const client = {
    version: flags.ownVersion,
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
  };
  const clientLine = `gs-ctl ${client.version} (node ${client.node}, ${client.platform})\n`;
  const isAlone = flags.client === true || !(await hasTarget(flags, terminal));
  if (isAlone) {
    await show(terminal, { kind: 'Version', client }, () => clientLine);
    return CtlExit.Done;
  }
  const engine = await askEngine(flags, terminal).catch(async (error) => {
    // What is known is said, and then why not more.
    await show(terminal, { kind: 'Version', client, engine: null }, () => clientLine);
    throw error;
  });
  const isSame = engine.version === client.version;
  await show(terminal, { kind: 'Version', client, engine, isSame }, () =>
    [clientLine, `engine ${engine.version} (${engine.host}, ${engine.address})\n`].join(''),
  );
  if (!isSame) terminal.talk(`warning: ${skew}\n`);
  return CtlExit.Done;
}

const skew = 'client and engine are of different versions: one may not know what the other says';

async function hasTarget(flags: VersionFlags, terminal: Terminal): Promise<boolean> {
  try {
    await resolveTarget(flags, terminal, 'control');
    return true;
  } catch (error) {
    // Asked for on the command line, it has to be there.
    const isGiven = [flags.address, flags.context].some((flag) => flag !== undefined);
    if (error instanceof CtlError && error.code === 'NO_TARGET' && !isGiven) return false;
    throw error;
  }
}

async function askRunningEngine(flags: ControlFlags, terminal: Terminal): Promise<EngineVersion> {
  const [{ withControl }, { readStatus }] = await Promise.all([
    import('./control-client.ts'),
    import('./status.ts'),
  ]);
  return withControl(flags, terminal, async (client) => {
    const { host, version } = await readStatus(client);
    return { address: client.address, host, version };
  });
}
