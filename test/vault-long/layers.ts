// The layers of the vault's tests (docs/VAULT-FORMAT.md), what belongs to each, and how much of a
// long run each of them gets.

export interface Layer {
  readonly name: string;
  readonly about: string;
  /** Patterns of test files. */
  readonly files: readonly string[];
  /** Of the minutes; 0: once, however long it takes. */
  readonly share: number;
  /** GOPHERSHIP_VAULT_FACTOR, unless given: counts of random cases are those of `npm test` times it. */
  readonly factor: number;
}

export const layers: readonly Layer[] = [
  {
    ...{ name: 'A', about: 'codecs, and the parts one by one', share: 0.08, factor: 100 },
    files: ['src/vault/*.test.ts', 'src/replayer/*.test.ts', 'test/vault/segment-image.test.ts'],
  },
  {
    ...{ name: 'B', about: 'random histories against a model', share: 0.2, factor: 100 },
    files: ['test/vault/vault-model.test.ts', 'test/vault/vault-damage.test.ts'],
  },
  {
    ...{ name: 'C', about: 'small scope, and the table of recovery', share: 0.04, factor: 10 },
    files: ['test/vault/small-scope.test.ts', 'test/vault/recovery*.test.ts'],
  },
  {
    ...{ name: 'D', about: 'every call fails in turn', share: 0.08, factor: 10 },
    files: ['test/vault/every-call-fails.test.ts', 'test/vault/{media,short-write}.test.ts'],
  },
  {
    ...{ name: 'E', about: 'loss of power under a real file system', share: 0.1, factor: 100 },
    files: ['test/vault-power/*.test.ts'],
  },
  {
    ...{ name: 'F G H', about: 'the engine killed, full, broken', share: 0.2, factor: 100 },
    files: ['test/vault-engine/*.test.ts'],
  },
  {
    ...{ name: 'I', about: 'soak with a flipped bit a second', share: 0.3, factor: 10 },
    files: ['test/vault-long/soak.test.ts'],
  },
  {
    ...{ name: 'J', about: 'mutants', share: 0, factor: 1 },
    files: ['test/vault-mutants/*.test.ts'],
  },
  {
    ...{ name: 'K L', about: 'golden vaults, bugs of other systems', share: 0, factor: 10 },
    files: ['test/vault/{golden-vaults,regressions-*,found-by-mutants,hostile-*}.test.ts'],
  },
];
