// A piece of the arena. Everything in the arena starts and ends on a page of WebAssembly's, which
// is also aligned for whatever a disk or a processor asks for.

export const arenaPageSizeBytes = 65_536;

/** Words that different threads write lie this far apart, so that they do not slow each other. */
export const cacheLineSizeBytes = 64;

/** Page aligned. */
export interface Region {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** The size of the pages that hold this many bytes. */
export function wholePagesSizeBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / arenaPageSizeBytes) * arenaPageSizeBytes;
}
