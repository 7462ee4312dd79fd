// `gs-ctl vault dead-letter ls` and `show`: the batches that an engine has set aside, and why.

import {
  type GetDeadLetterResponse,
  VaultService,
} from '../generated/gophership/control/v1/vault_pb.js';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { CtlExit } from './exit-code.ts';
import { type LetterValue, letterTable, letterText } from './letter-text.ts';
import { countOf } from './quantity-text.ts';
import { show, type Terminal } from './terminal.ts';
import { letterValue } from './vault-value.ts';

export interface LetterListFlags extends ControlFlags {
  /** Begins with this one. */
  readonly fromEntry: number;
  readonly limit: number;
}

export function deadLetterLs(flags: LetterListFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showLetters(client, flags, terminal));
}

export function deadLetterShow(
  flags: ControlFlags,
  entrySeq: number,
  terminal: Terminal,
): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => showLetter(client, entrySeq, terminal));
}

/** Exit 1 if some between them are damaged. */
export async function showLetters(
  client: ControlClient,
  { fromEntry, limit }: Pick<LetterListFlags, 'fromEntry' | 'limit'>,
  terminal: Terminal,
): Promise<CtlExit> {
  const deadLetters: LetterValue[] = [];
  let lost = 0;
  let next: number | undefined = fromEntry;
  // An answer holds so many, which may be fewer.
  while (next !== undefined && deadLetters.length < limit) {
    const request: { fromEntrySeq: number; limit: number } = {
      fromEntrySeq: next,
      limit: limit - deadLetters.length,
    };
    const answer = await client.call(VaultService, (vault, options) =>
      vault.listDeadLetters(request, options),
    );
    deadLetters.push(...answer.deadLetters.map(letterValue));
    lost += answer.lost;
    next = answer.nextEntrySeq;
  }
  const nextEntrySeq = next ?? null;
  const value = {
    kind: 'DeadLetterList',
    address: client.address,
    deadLetters,
    nextEntrySeq,
    lost,
  };
  await show(terminal, value, () =>
    deadLetters.length === 0 ? 'no dead letters\n' : letterTable(deadLetters),
  );
  if (terminal.format === 'table') {
    if (lost > 0) terminal.talk(`${countOf(lost, 'is', 'are')} damaged and lost\n`);
    if (next !== undefined) terminal.talk(`there are more: --from-entry ${next}\n`);
  }
  return lost === 0 ? CtlExit.Done : CtlExit.No;
}

export async function showLetter(
  client: ControlClient,
  entrySeq: number,
  terminal: Terminal,
): Promise<CtlExit> {
  const answer = await client.call(VaultService, (vault, options) =>
    vault.getDeadLetter({ entrySeq }, options),
  );
  const letter = answer.deadLetter && letterValue(answer.deadLetter);
  const batch = batchValue(answer.batch);
  const value = { kind: 'DeadLetter', address: client.address, ...letter, batch };
  await show(terminal, value, () => (letter === undefined ? '' : letterText(letter, batch)));
  return CtlExit.Done;
}

function batchValue(batch: GetDeadLetterResponse['batch']): unknown {
  switch (batch.case) {
    case 'json':
      return JSON.parse(batch.value);
    case 'unreadable': {
      const base64 = Buffer.from(batch.value.data).toString('base64');
      return { unreadable: batch.value.why, base64 };
    }
    default: // of a later engine
      return null;
  }
}
