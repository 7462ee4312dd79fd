// What the numbers of the vault's page mean, in the words of metrics. vault/ defines the numbers,
// and the control plane does not know vault/: the test beside this file holds the two together.

/** By VaultWord.State. */
export const vaultStates = ['ok', 'full', 'read_only'] as const;

/** By VaultWord.SpareState. */
export const spareStates = ['none', 'filling', 'ready', 'refused', 'failing'] as const;

export const replayStates = ['running', 'paused', 'held', 'stopped'] as const;

/** The word also has, above its lowest byte, one bit for each consumer. */
const consumerMaskFactor = 256;

/** Of VaultWord.ReplayState. */
export function replayStateName(word: number): string | undefined {
  return replayStates[word % consumerMaskFactor];
}

/** Of VaultWord.ReplayState: the consumer's dead letter takes no more, and it is sent nothing. */
export function isDeadLetterFull(word: number, consumerIndex: number): boolean {
  return Math.floor(word / consumerMaskFactor / 2 ** consumerIndex) % 2 === 1;
}
