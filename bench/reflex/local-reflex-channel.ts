// Where the probe in a shard tells the main thread how long a local reflex took, in ms.

export const localReflexChannel = 'gophership-bench-local-reflex';
