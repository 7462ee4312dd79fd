// What is still in an engine that is emptied, and what it waits for, read from the pages that its
// threads write.

import { create } from '@bufbuild/protobuf';
import { Destination_State } from '../generated/gophership/control/v1/control_pb.js';
import { type Drain, DrainSchema } from '../generated/gophership/control/v1/drain_pb.js';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import { Zone } from '../memory/zone-word.ts';
import type { DestinationView, EngineView } from './engine-view.ts';
import { replayEtaMs, waitingBatches } from './replay-eta.ts';
import { destinationState } from './status-message.ts';
import { isDeadLetterFull, replayStateName } from './vault-words.ts';
import { wireCount, wireDuration, wireTime } from './wire-number.ts';

export function drainMessage(view: EngineView): Drain {
  const { statePage, vaultPage: page, destinations, drain } = view;
  const sum = (counter: ShardCounter) => statePage.sum(counter);
  const inFlightBatches = sum(ShardCounter.InflightBatches);
  const queuedBatches = destinations.reduce(
    (total, { isRequired }, index) => total + (isRequired ? queued(view, index) : 0),
    0,
  );
  const vaultBatches = page === undefined ? 0 : waitingBatches(page, destinations);
  return create(DrainSchema, {
    isDraining: drain.order !== undefined,
    since: wireTime(drain.order?.wallMs),
    by: drain.order?.by ?? '',
    reason: drain.order?.reason ?? '',
    isStopping: view.isStopping,
    isEmpty: inFlightBatches <= 0 && queuedBatches <= 0 && vaultBatches === 0,
    receivedBatches: sum(ShardCounter.ReceivedBatches),
    openConnections: wireCount(sum(ShardCounter.OpenConnections)),
    inFlightBatches,
    queuedBatches,
    vaultBatches,
    eta: wireDuration(page && replayEtaMs(page, destinations)),
    waitsFor: waitsFor(view, vaultBatches),
    deadLetterBatches: page?.get(VaultWord.WaitingLetters) ?? 0,
  });
}

function queued({ statePage }: EngineView, index: number): number {
  return statePage.sumDestination(index, DestinationCounter.QueuedBatches);
}

function waitsFor(view: EngineView, vaultBatches: number): string[] {
  const { destinations, vaultPage, hasVault } = view;
  return [
    ...(hasVault && vaultPage === undefined
      ? ['the vault could not be opened: what is in it stays there']
      : []),
    ...(vaultBatches > 0 ? replayHeld(view) : []),
    ...destinations.flatMap((destination, index) => destinationFault(view, destination, index)),
  ];
}

function replayHeld({ vaultPage, zonePage, drain }: EngineView): string[] {
  const state = replayStateName(vaultPage?.get(VaultWord.ReplayState) ?? 0);
  // While the engine is drained, a pause waits.
  if (state === 'paused' && drain.order === undefined) return ['an operator has paused the replay'];
  if (state !== 'held') return [];
  return zonePage.zone.get() === Zone.Red
    ? ['the zone is Red: nothing is replayed until the vault is more than half full']
    : ['the replay stands still: replay.yellow_rate is 0'];
}

function destinationFault(
  view: EngineView,
  { id, isRequired, consumerIndex }: DestinationView,
  index: number,
): string[] {
  const { vaultPage } = view;
  if (!isRequired) return [];
  const isVaulted = vaultPage !== undefined && consumerIndex !== undefined;
  const vaulted = isVaulted ? vaultPage.consumer(consumerIndex).get(ConsumerWord.Unsettled) : 0;
  if (vaulted + queued(view, index) === 0) return [];
  if (destinationState(view, index) !== Destination_State.WORKS) return [`${id} is down`];
  const isFull = isVaulted && isDeadLetterFull(vaultPage.get(VaultWord.ReplayState), consumerIndex);
  return isFull ? [`the dead letter of ${id} is full, and it is sent nothing`] : [];
}
