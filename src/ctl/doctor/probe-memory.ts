// Memory that direct I/O takes: aligned to a page, as an ordinary Buffer is not.

/** Two units for the trial of direct I/O, and a block to write. */
const pageCount = 1;

export function probeMemory(): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true });
  return new Uint8Array(memory.buffer);
}
