// Whom a dead letter is owed to, in the one byte that its header has for that. It is derived from
// the name alone, so that it means the same after a restart with other destinations. Two of them
// with the same tag both get the letter: a duplicate at worst.

/** Nobody says: a letter from before there were tags, or no letter at all. */
export const noConsumerTag = 0;

/** 1 to 255: FNV-1a of the name. On disk, so it never changes. */
export function consumerTag(consumer: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(consumer)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return 1 + (hash % 255);
}
