// How many cases the random tests of the vault run. GOPHERSHIP_VAULT_FACTOR multiplies them: 1 in
// `npm test`, 10 in CI, more in long runs.

export const vaultFactor = Number(process.env.GOPHERSHIP_VAULT_FACTOR ?? 1);

export function caseCount(count: number): number {
  return Math.max(1, Math.round(count * vaultFactor));
}
