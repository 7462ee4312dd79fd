// What a bench leaves behind when somebody has seen enough and presses Ctrl-C: nothing.

import type { TemporaryDirectory } from '../test/support/temporary-directory.ts';

export function removeWhenInterrupted(directory: TemporaryDirectory): void {
  process.once('SIGINT', () => {
    // Listeners run in the order in which they came: the engines are killed before this one.
    process.once('exit', () => directory.remove());
    process.exit(130); // 128 + SIGINT, as a shell has it
  });
}
