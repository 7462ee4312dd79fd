// `gs-ctl config view`: the configuration that an engine runs with, as it says it: with the
// defaults, without secrets.

import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlExit } from './exit-code.ts';
import { show, type Terminal } from './terminal.ts';

export function configView(flags: ControlFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showConfig(client, terminal));
}

/** As a table it is the YAML itself; else an object with it inside, like every other. */
export async function showConfig(client: ControlClient, terminal: Terminal): Promise<CtlExit> {
  const { yaml } = await client.call(ControlService, (control, options) =>
    control.getConfig({}, options),
  );
  if (terminal.format === 'table') {
    const lines = yaml.trimEnd().split('\n').map(printable);
    terminal.out(`${lines.join('\n')}\n`);
    return CtlExit.Done;
  }
  const { parse } = await import('./yaml-text.ts');
  const config: unknown = parse(yaml);
  await show(terminal, { kind: 'Config', address: client.address, config }, () => '');
  return CtlExit.Done;
}
