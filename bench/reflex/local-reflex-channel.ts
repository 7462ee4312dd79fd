// Where the probe in a shard tells the main thread how long a local reflex took.

export const localReflexChannel = 'gophership-bench-local-reflex';

export interface LocalReflexTimes {
  /** From the moment at which the shard is Red until the next message is whole. */
  readonly arrivedMs: number;
  /** From then until it is on its way to the vault. */
  readonly appendedMs: number;
}
