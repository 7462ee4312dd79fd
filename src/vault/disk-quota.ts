// The vault's hard limit, as seen by those who make files: room is taken before a file is created
// and given back after it is gone.

export interface DiskQuota {
  /** False: it would be above the limit, and nothing was taken. */
  reserve(sizeBytes: number): boolean;
  release(sizeBytes: number): void;
}
