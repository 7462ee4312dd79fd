// What a sample of the history holds: one row for each quantity, by the name of its array in
// GetHistoryResponse (history.proto).

import type { GetHistoryResponse } from '../generated/gophership/control/v1/history_pb.js';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import type { EngineView } from './engine-view.ts';

export type HistoryView = Pick<
  EngineView,
  'statePage' | 'vaultPage' | 'zonePage' | 'monitor' | 'destinations'
>;

export interface HistoryColumn {
  readonly name: HistoryColumnName;
  /** Of a total, how much it grew in a second; otherwise what is read. */
  readonly isRate: boolean;
  /** Without a vault there is none of it. */
  readonly isOfVault: boolean;
  read(view: HistoryView): number;
}

/** Names of the plain arrays of numbers, but for that of the times. */
export type HistoryColumnName = Exclude<
  {
    [Name in keyof GetHistoryResponse]-?: GetHistoryResponse[Name] extends number[] ? Name : never;
  }[keyof GetHistoryResponse],
  'time' | 'zone'
>;

export const historyColumns: readonly HistoryColumn[] = [
  shardRate('receivedBatchesPerSecond', ShardCounter.ReceivedBatches),
  shardRate('receivedBytesPerSecond', ShardCounter.ReceivedBytes),
  shardRate('ackedBatchesPerSecond', ShardCounter.AckedBatches),
  shardRate('ackedBytesPerSecond', ShardCounter.AckedBytes),
  destinationRate('exportedBatchesPerSecond', DestinationCounter.DeliveredBatches),
  destinationRate('exportedBytesPerSecond', DestinationCounter.RequestBytes),
  shardRate('vaultedBatchesPerSecond', ShardCounter.VaultedBatches),
  shardRate('vaultedBytesPerSecond', ShardCounter.VaultedBytes),
  shardRate('refusedBatchesPerSecond', ShardCounter.RefusedBatches),
  {
    ...{ name: 'inFlightBytes', isRate: false, isOfVault: false },
    read: ({ statePage }) => statePage.sum(ShardCounter.InflightBytes),
  },
  vaultColumn('replayedBatchesPerSecond', true, VaultWord.ReplayedEntries),
  vaultColumn('replayedBytesPerSecond', true, VaultWord.ReplayedBytes),
  vaultColumn('vaultUsedBytes', false, VaultWord.UsedBytes),
  { name: 'replayWaitingBatches', isRate: false, isOfVault: true, read: waitingBatches },
];

function shardRate(name: HistoryColumnName, counter: ShardCounter): HistoryColumn {
  const read = ({ statePage }: HistoryView) => statePage.sum(counter);
  return { name, isRate: true, isOfVault: false, read };
}

function destinationRate(name: HistoryColumnName, counter: DestinationCounter): HistoryColumn {
  return {
    ...{ name, isRate: true, isOfVault: false },
    read({ statePage, destinations }) {
      let sum = 0;
      for (let index = 0; index < destinations.length; index += 1) {
        sum += statePage.sumDestination(index, counter);
      }
      return sum;
    },
  };
}

function vaultColumn(name: HistoryColumnName, isRate: boolean, word: VaultWord): HistoryColumn {
  return { name, isRate, isOfVault: true, read: ({ vaultPage }) => vaultPage?.get(word) ?? 0 };
}

/** Of the destination that is furthest behind. */
function waitingBatches({ vaultPage, destinations }: HistoryView): number {
  let waiting = 0;
  if (vaultPage === undefined) return waiting;
  for (const { consumerIndex } of destinations) {
    if (consumerIndex === undefined) continue;
    waiting = Math.max(waiting, vaultPage.consumer(consumerIndex).get(ConsumerWord.Unsettled));
  }
  return waiting;
}
