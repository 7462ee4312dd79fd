// The vault and its replay as messages, from the vault's page.

import { create } from '@bufbuild/protobuf';
import { assert } from '../assert.ts';
import {
  type ReplayStatus,
  ReplayStatusSchema,
  type VaultStatus,
  VaultStatusSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { type VaultPage, VaultWord } from '../memory/vault-page.ts';
import type { DestinationView } from './engine-view.ts';
import { replayEtaMs, waitingBatches } from './replay-eta.ts';
import { replayStateName, vaultStates } from './vault-words.ts';
import { wireCount, wireDuration } from './wire-number.ts';

export function vaultStatus(page: VaultPage): VaultStatus {
  return create(VaultStatusSchema, {
    state: vaultState(page),
    limitBytes: page.get(VaultWord.LimitBytes),
    usedBytes: page.get(VaultWord.UsedBytes),
    segmentCount: wireCount(page.get(VaultWord.SegmentCount)),
    appendedBatches: page.get(VaultWord.AppendedEntries),
    appendedBytes: page.get(VaultWord.AppendedBytes),
    storedBytes: page.get(VaultWord.StoredBytes),
    lostBatches: page.get(VaultWord.LostEntries),
    droppedBatches: page.get(VaultWord.DroppedEntries),
    deadLetters: page.get(VaultWord.WaitingLetters),
    usesDirectIo: page.get(VaultWord.Direct) === 1,
  });
}

/** Configured, and not to be had until a restart. */
export function vaultNotOpen(): VaultStatus {
  return create(VaultStatusSchema, { state: 'not open' });
}

export function replayStatus(
  page: VaultPage,
  destinations: readonly DestinationView[],
): ReplayStatus {
  return create(ReplayStatusSchema, {
    state: replayState(page),
    replayedBatches: page.get(VaultWord.ReplayedEntries),
    replayedBytes: page.get(VaultWord.ReplayedBytes),
    waitingBatches: waitingBatches(page, destinations),
    eta: wireDuration(replayEtaMs(page, destinations)),
  });
}

/** As people say it, by the words of vault-words.ts. */
const stateText = { ok: 'open', full: 'full', read_only: 'read-only' } as const;

export function vaultState(page: VaultPage): string {
  const state = vaultStates[page.get(VaultWord.State)];
  assert(state !== undefined, 'state of the vault is not in the set');
  return stateText[state];
}

function replayState(page: VaultPage): string {
  const state = replayStateName(page.get(VaultWord.ReplayState));
  assert(state !== undefined, 'state of the replay is not in the set');
  return state;
}
