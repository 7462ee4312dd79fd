// `gs-ctl vault verify`: has an engine read and check its whole vault. Exit 0 clean, 1 damaged.

import { VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { streamEnded } from './control-fault.ts';
import { CtlExit } from './exit-code.ts';
import { ProgressBar } from './progress-bar.ts';
import { show, type Terminal } from './terminal.ts';
import { vaultCheckTable } from './vault-check-text.ts';
import { vaultCheckValue } from './vault-value.ts';

export function vaultVerify(flags: ControlFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showCheck(client, terminal));
}

export async function showCheck(client: ControlClient, terminal: Terminal): Promise<CtlExit> {
  const answers = client.watch(VaultService, (vault, options) => vault.verifyVault({}, options));
  const progress = new ProgressBar(terminal.isWatched === true ? terminal.talk : undefined);
  let value: ReturnType<typeof vaultCheckValue> | undefined;
  try {
    for await (const { event } of answers) {
      if (event.case === 'progress') progress.at(event.value.doneBytes, event.value.totalBytes);
      else if (event.case === 'result') value = vaultCheckValue(event.value);
    }
  } finally {
    progress.end();
  }
  if (value === undefined) throw streamEnded(client.address);
  const checked = value;
  await show(terminal, { kind: 'VaultCheck', address: client.address, ...checked }, () =>
    vaultCheckTable(checked),
  );
  return checked.clean ? CtlExit.Done : CtlExit.No;
}
