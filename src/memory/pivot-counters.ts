// What the pivot decided about a batch and why, a word each on the state page.

/** The first word of a name says where the batch goes, the others why. */
export const PivotCounter = {
  ExportReady: 0,
  /** The next three in Red, where the vault would have come first. */
  ExportVaultBehind: 1,
  ExportVaultFull: 2,
  ExportVaultFailed: 3,
  VaultRedZone: 4,
  VaultDestinationNotReady: 5,
  /** It was sent before, and the answer does not come in time. */
  VaultHedged: 6,
  /** Without a vault. */
  RefuseDestinationNotReady: 7,
  /** The next two: and a destination is not ready. */
  RefuseVaultFull: 8,
  RefuseVaultFailed: 9,
} as const;
export type PivotCounter = (typeof PivotCounter)[keyof typeof PivotCounter];
