// One way to break the vault: a piece of its code that is there exactly once, and what stands there
// instead.

export interface Mutant {
  /** Of the source file, below src/. */
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  /** What the vault no longer does. */
  readonly breaks: string;
  /** Each of these files must fail: the fastest that does, mostly one. */
  readonly tests: readonly string[];
  /** No test can tell: why the vault still keeps what it promises. */
  readonly isEquivalent?: string;
}
