// Assertions state what must be true of our own code. A failed one is a bug of ours: the thread
// that meets it dies, the supervisor ends the process with exit code 70, and whatever restarts the
// process gets a clean one. The world's faults (bad input, full disks, dead peers) are never
// asserted; they are statuses.

export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

/**
 * Throws AssertionFailed when `condition` is false. The message is a constant, so success costs
 * nothing.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** The `default` of a switch over a closed set: the compiler proves that it is not reached. */
export function unreachable(value: never, what: string): never {
  throw new AssertionFailed(`${what}: ${String(value)} is not in the set`);
}
