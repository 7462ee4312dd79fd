// The ledger: every batch that was acknowledged is accounted for, at every required destination,
// and every batch that was received has one end. Pure: numbers of the state page and of the vault's
// page go in; rows come out, and any difference but 0 is a bug or a batch that is gone.
//
// What came in:      received = acked + refused + gone + in flight
//
// Each destination:  acked + also stored + burnt
//                      = delivered + in vault + dead-lettered + lost + dropped + skipped
//
//   acked          this process acknowledged, and before it others: what the cursor said at the
//                  start that it had settled (but skipped) or had before it in the vault
//   also stored    in the vault although the answer did not come from there: a destination was
//                  faster, the producer was told otherwise, or it is a dead letter that was put
//                  there again. Such an entry settles for itself
//   burnt          numbers of entries that were given up before they were durable
//   delivered      without the vault, by this process; through it, as the cursor says
//   skipped        by the cursor since the start: burnt numbers, kinds that it does not take, and
//                  what dead letters were before they were put into the vault again
//
// Words of the state page start at 0 with the process; those of cursors live on disk. So the words
// of a cursor at the start, when recovery is done and nothing is replayed yet, are the base from
// which the process counts. A moment is quiet when no batch is in flight and no settled entry is
// under way between threads: then every difference is 0. In between words may be read at different
// times.
//
// Destinations that are not required have no cursor, and nothing was promised for them: no row.

import { ConsumerWord } from '../memory/vault-page.ts';

/** One consumer's words, of one moment. */
export interface ConsumerTerms {
  readonly watermark: number;
  readonly settledInRanges: number;
  readonly delivered: number;
  readonly lost: number;
  readonly dropped: number;
  readonly deadLettered: number;
  readonly skipped: number;
  readonly unsettled: number;
}

export interface LedgerDestination {
  readonly id: string;
  /** Acknowledged without the vault, because this destination and the others had them. */
  readonly direct: number;
  /** Undefined: there is no vault. */
  readonly vault: { readonly base: ConsumerTerms; readonly now: ConsumerTerms } | undefined;
}

/** Batches, of this process. */
export interface LedgerTerms {
  /** Whole, from a producer. */
  readonly received: number;
  readonly acked: number;
  /** Received whole and answered with an error. */
  readonly refused: number;
  /** Received whole; the producer had gone before the answer. */
  readonly gone: number;
  /** Received whole and not answered yet. */
  readonly inFlight: number;
  /** Of `acked`: because the vault had them. */
  readonly vaulted: number;
  /** Appends that the vault took, as the shards count them. */
  readonly stored: number;
  /** Dead letters that were put into the log again. */
  readonly redriven: number;
  /** Entries of this process in the log, as the vault counts them. */
  readonly appended: number;
  /** Where the log ends; exclusive. */
  readonly entryEnd: number;
  /** The required ones. */
  readonly destinations: readonly LedgerDestination[];
}

export interface IntakeRow {
  readonly received: number;
  readonly acked: number;
  readonly refused: number;
  readonly gone: number;
  readonly inFlight: number;
  /** 0, or what is missing of `received`. */
  readonly difference: number;
}

export interface LedgerRow {
  readonly id: string;
  readonly acked: number;
  readonly alsoStored: number;
  readonly burnt: number;
  readonly delivered: number;
  readonly inVault: number;
  readonly deadLettered: number;
  readonly lost: number;
  readonly dropped: number;
  readonly skipped: number;
  /** 0; above it batches are missing, below it they are counted twice. */
  readonly difference: number;
}

export interface Ledger {
  readonly intake: IntakeRow;
  readonly rows: readonly LedgerRow[];
  readonly isBalanced: boolean;
}

export function ledger(terms: LedgerTerms): Ledger {
  const intake = intakeRow(terms);
  const rows = terms.destinations.map((destination) => row(terms, destination));
  const isBalanced = [intake, ...rows].every(({ difference }) => difference === 0);
  return { intake, rows, isBalanced };
}

/** Of VaultPage.consumer(index). */
export function readConsumerTerms(words: { get(word: ConsumerWord): number }): ConsumerTerms {
  return {
    watermark: words.get(ConsumerWord.Watermark),
    settledInRanges: words.get(ConsumerWord.SettledInRanges),
    delivered: words.get(ConsumerWord.Delivered),
    lost: words.get(ConsumerWord.Lost),
    dropped: words.get(ConsumerWord.Dropped),
    deadLettered: words.get(ConsumerWord.DeadLettered),
    skipped: words.get(ConsumerWord.Skipped),
    unsettled: words.get(ConsumerWord.Unsettled),
  };
}

function intakeRow({ received, acked, refused, gone, inFlight }: LedgerTerms): IntakeRow {
  const difference = received - acked - refused - gone - inFlight;
  return { received, acked, refused, gone, inFlight, difference };
}

function row(terms: LedgerTerms, { id, direct, vault }: LedgerDestination): LedgerRow {
  const base = vault?.base ?? nothing;
  const now = vault?.now ?? nothing;
  const sides = {
    acked: terms.acked + base.unsettled + settledBatches(base),
    alsoStored: terms.stored - terms.vaulted + terms.redriven,
    burnt: vault === undefined ? 0 : burntNumbers(terms, base),
    delivered: direct + now.delivered,
    inVault: now.unsettled,
    deadLettered: now.deadLettered,
    lost: now.lost,
    dropped: now.dropped,
    skipped: now.skipped - base.skipped,
  };
  const { delivered, inVault, deadLettered, lost, dropped, skipped } = sides;
  const there = delivered + inVault + deadLettered + lost + dropped + skipped;
  return { id, ...sides, difference: sides.acked + sides.alsoStored + sides.burnt - there };
}

function settledBatches({ delivered, lost, dropped, deadLettered }: ConsumerTerms): number {
  return delivered + lost + dropped + deadLettered;
}

// What the cursor knew of at the start ended here; from there on numbers were given one by one, to
// entries and to what never became one.
function burntNumbers({ entryEnd, appended }: LedgerTerms, base: ConsumerTerms): number {
  const startSeq = base.watermark + base.settledInRanges + base.unsettled;
  return Math.max(entryEnd - startSeq, 0) - appended;
}

const nothing: ConsumerTerms = {
  watermark: 0,
  settledInRanges: 0,
  delivered: 0,
  lost: 0,
  dropped: 0,
  deadLettered: 0,
  skipped: 0,
  unsettled: 0,
};
