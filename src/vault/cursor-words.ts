// A consumer's cursor as words of the vault's page, for status, metrics and the ledger.

import { ConsumerWord } from '../memory/vault-page.ts';
import type { ConsumerCursor } from './consumer-cursor.ts';

/** VaultPage.consumer(index). */
export interface CursorWords {
  set(word: ConsumerWord, value: number): void;
}

/** `entryEnd`: the end of the log as it is published. */
export function publishCursor(cursor: ConsumerCursor, entryEnd: number, words: CursorWords): void {
  const { base, watermark, delivered, lost, dropped, deadLettered, skipped } = cursor.slot;
  words.set(ConsumerWord.Base, base);
  words.set(ConsumerWord.Watermark, watermark);
  words.set(ConsumerWord.SettledInRanges, cursor.settledInRanges);
  words.set(ConsumerWord.Delivered, delivered);
  words.set(ConsumerWord.Lost, lost);
  words.set(ConsumerWord.Dropped, dropped);
  words.set(ConsumerWord.DeadLettered, deadLettered);
  words.set(ConsumerWord.Skipped, skipped);
  words.set(ConsumerWord.Unsettled, cursor.unsettledCount(entryEnd));
}
