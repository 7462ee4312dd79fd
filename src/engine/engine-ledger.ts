// The ledger of a running engine: reads the terms from the state page and the vault's page, from a
// base that was taken when the vault was recovered and nothing had been replayed yet.

import { ShardCounter, type StatePage } from '../memory/state-page.ts';
import { DurableEnd, type VaultPage, VaultWord } from '../memory/vault-page.ts';
import { type ConsumerTerms, type Ledger, ledger, readConsumerTerms } from './ledger.ts';

export class EngineLedger {
  readonly #statePage: StatePage;
  readonly #vaultPage: VaultPage | undefined;
  readonly #consumers: readonly string[];
  readonly #base: readonly ConsumerTerms[];

  /** `vaultPage`: of a vault that is open. The consumers in the order of their bits. */
  constructor(
    statePage: StatePage,
    vaultPage: VaultPage | undefined,
    consumers: readonly string[],
  ) {
    this.#statePage = statePage;
    this.#vaultPage = vaultPage;
    this.#consumers = consumers;
    this.#base = this.#readConsumers();
  }

  /** Balanced at any moment when nothing is in flight and nothing is on its way between threads. */
  read(): Ledger {
    const sum = (counter: ShardCounter) => this.#statePage.sum(counter);
    const now = this.#readConsumers();
    const direct = sum(ShardCounter.DirectBatches);
    const end = new DurableEnd();
    this.#vaultPage?.readEnd(end);
    return ledger({
      received: sum(ShardCounter.ReceivedBatches),
      acked: sum(ShardCounter.AckedBatches),
      refused: sum(ShardCounter.FailedBatches),
      gone: sum(ShardCounter.GoneBatches),
      inFlight: sum(ShardCounter.InflightBatches),
      vaulted: sum(ShardCounter.VaultedBatches),
      stored: sum(ShardCounter.StoredBatches),
      redriven: this.#vaultPage?.get(VaultWord.RedrivenEntries) ?? 0,
      appended: this.#vaultPage?.get(VaultWord.AppendedEntries) ?? 0,
      entryEnd: end.entryEnd,
      destinations: this.#consumers.map((id, index) => {
        const [base, latest] = [this.#base[index], now[index]];
        const vault = base && latest ? { base, now: latest } : undefined;
        return { id, direct, vault };
      }),
    });
  }

  #readConsumers(): ConsumerTerms[] {
    const page = this.#vaultPage;
    if (page === undefined) return [];
    return this.#consumers.map((_, index) => readConsumerTerms(page.consumer(index)));
  }
}
