// `gs-ctl vault inspect`: every field of META, of a cursor or of a segment and its blocks.

import type { JsonObject } from '@bufbuild/protobuf';
import { VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlExit } from './exit-code.ts';
import { factLines } from './fact-lines.ts';
import { show, type Terminal } from './terminal.ts';

/** `what`: nothing, a segment's id in hex, `META`, or `cursor` and a name. */
export function vaultInspect(
  flags: ControlFlags,
  what: readonly string[],
  terminal: Terminal,
): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showFacts(client, what, terminal));
}

export async function showFacts(
  client: ControlClient,
  [what = '', name = '']: readonly string[],
  terminal: Terminal,
): Promise<CtlExit> {
  const answers = client.watch(VaultService, (vault, options) =>
    vault.inspectVault({ what, name }, options),
  );
  let facts: JsonObject = {};
  let blocks: JsonObject[] | undefined;
  for await (const answer of answers) {
    if (answer.facts !== undefined) facts = answer.facts;
    if (answer.blocks.length > 0) blocks = [...(blocks ?? []), ...answer.blocks];
  }
  const value = blocks === undefined ? facts : { ...facts, blocks };
  const named = { kind: 'VaultFacts', address: client.address, ...value };
  await show(terminal, named, () => factLines(value));
  return CtlExit.Done;
}
