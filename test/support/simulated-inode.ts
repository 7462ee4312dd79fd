// One file of the simulated disk. Each unit of it has the bytes that a reader sees now, and the
// set of bytes that may be on the medium: what was durable last, or any write since. A crash picks
// one of them for each unit, and one of the sizes.

/** Picks one of `count` possibilities, 0 to count - 1; 0 is always "nothing new survived". */
export type Choose = (count: number) => number;

interface PendingUnit {
  /** Every content since the last flush; any of them may survive. */
  readonly versions: Uint8Array[];
  /** The next flush makes the current bytes durable. False after a flush failed. */
  dirty: boolean;
}

export class SimulatedInode {
  readonly unitSizeBytes: number;
  sizeBytes = 0;
  /** Units that cannot be read, until they are written again. */
  readonly broken = new Set<number>();
  #current = new Map<number, Uint8Array>();
  #durable = new Map<number, Uint8Array>();
  readonly #pending = new Map<number, PendingUnit>();
  #durableSizeBytes = 0;
  #pendingSizes: number[] = [];
  #sizeIsDirty = false;

  constructor(unitSizeBytes: number) {
    this.unitSizeBytes = unitSizeBytes;
  }

  get allocatedBytes(): number {
    return this.#current.size * this.unitSizeBytes;
  }

  /** Units of a range that have no room on the disk yet. */
  unallocatedBytes(positionBytes: number, lengthBytes: number): number {
    const units = this.#unitsOf(positionBytes, positionBytes + lengthBytes);
    return units.filter((unit) => !this.#current.has(unit)).length * this.unitSizeBytes;
  }

  read(positionBytes: number, lengthBytes: number): Uint8Array {
    const end = Math.max(Math.min(positionBytes + lengthBytes, this.sizeBytes), positionBytes);
    const bytes = new Uint8Array(end - positionBytes);
    for (const unit of this.#unitsOf(positionBytes, end)) {
      const from = unit * this.unitSizeBytes;
      const content = this.#current.get(unit);
      if (content === undefined) continue;
      const part = content.subarray(Math.max(positionBytes - from, 0), end - from);
      bytes.set(part, Math.max(from - positionBytes, 0));
    }
    return bytes;
  }

  isBroken(positionBytes: number, lengthBytes: number): boolean {
    return this.#unitsOf(positionBytes, positionBytes + lengthBytes).some((unit) =>
      this.broken.has(unit),
    );
  }

  /** Reaches the cache at once, the medium perhaps. */
  write(bytes: Uint8Array, positionBytes: number): void {
    this.#eachMerged(bytes, positionBytes, (unit, merged) => {
      this.#current.set(unit, merged);
      this.#become(unit, merged);
      this.broken.delete(unit);
    });
    this.#grow(Math.max(this.sizeBytes, positionBytes + bytes.length));
  }

  /** A write that failed: readers see nothing of it, the medium may have any of its units. */
  writeInVain(bytes: Uint8Array, positionBytes: number): void {
    this.#eachMerged(bytes, positionBytes, (unit, merged) => {
      const wasDirty = this.#pending.get(unit)?.dirty ?? false;
      this.#become(unit, merged).dirty = wasDirty;
    });
  }

  truncate(sizeBytes: number): void {
    const { unitSizeBytes } = this;
    for (const [unit, content] of [...this.#current]) {
      const kept = Math.min(Math.max(sizeBytes - unit * unitSizeBytes, 0), unitSizeBytes);
      if (kept === unitSizeBytes) continue;
      const cut = new Uint8Array(unitSizeBytes);
      cut.set(content.subarray(0, kept));
      if (kept === 0) this.#current.delete(unit);
      else this.#current.set(unit, cut);
      this.#become(unit, cut);
    }
    this.#grow(sizeBytes);
  }

  flush(): void {
    for (const [unit, pending] of [...this.#pending]) {
      if (!pending.dirty) continue;
      this.#pending.delete(unit);
      const content = this.#current.get(unit);
      if (content === undefined) this.#durable.delete(unit);
      else this.#durable.set(unit, content);
    }
    if (!this.#sizeIsDirty) return;
    this.#durableSizeBytes = this.sizeBytes;
    this.#pendingSizes = [];
    this.#sizeIsDirty = false;
  }

  /**
   * What ext4, XFS and btrfs do: readers still see the bytes, nobody writes them any more, and the
   * next flush succeeds without them.
   */
  failFlush(): void {
    for (const pending of this.#pending.values()) pending.dirty = false;
    this.#sizeIsDirty = false;
  }

  /** Is there anything that a crash may take or leave? */
  get isSettled(): boolean {
    return this.#pending.size === 0 && this.#pendingSizes.length === 0;
  }

  /** The file as it is after a crash. */
  crashed(choose: Choose): SimulatedInode {
    const after = new SimulatedInode(this.unitSizeBytes);
    for (const [unit, content] of this.#durable) after.#durable.set(unit, content);
    for (const [unit, { versions }] of [...this.#pending].sort(([a], [b]) => a - b)) {
      const version = versions[choose(versions.length + 1) - 1];
      if (version !== undefined) after.#durable.set(unit, version);
    }
    const sizeIndex = this.#pendingSizes.length === 0 ? 0 : choose(this.#pendingSizes.length + 1);
    after.#durableSizeBytes = this.#pendingSizes[sizeIndex - 1] ?? this.#durableSizeBytes;
    after.#current = new Map(after.#durable);
    after.truncate(after.#durableSizeBytes); // what lies behind the end is zero if it grows again
    after.#durable = new Map(after.#current);
    after.#pending.clear();
    after.#pendingSizes = [];
    after.#sizeIsDirty = false;
    for (const unit of this.broken) after.broken.add(unit);
    return after;
  }

  /** Changes the medium behind everybody's back: bit rot, or another life's bytes. */
  overwrite(bytes: Uint8Array, positionBytes: number): void {
    this.#eachMerged(bytes, positionBytes, (unit, merged) => {
      this.#current.set(unit, merged);
      this.#durable.set(unit, merged);
      this.#pending.delete(unit);
    });
  }

  #become(unit: number, content: Uint8Array): PendingUnit {
    const pending = this.#pending.get(unit) ?? { versions: [], dirty: true };
    pending.versions.push(content);
    pending.dirty = true;
    this.#pending.set(unit, pending);
    return pending;
  }

  #grow(sizeBytes: number): void {
    if (sizeBytes === this.sizeBytes) return;
    this.sizeBytes = sizeBytes;
    this.#pendingSizes.push(sizeBytes);
    this.#sizeIsDirty = true;
  }

  #eachMerged(
    bytes: Uint8Array,
    positionBytes: number,
    visit: (unit: number, merged: Uint8Array) => void,
  ): void {
    for (const unit of this.#unitsOf(positionBytes, positionBytes + bytes.length)) {
      const from = unit * this.unitSizeBytes;
      const merged = new Uint8Array(this.unitSizeBytes);
      merged.set(this.#current.get(unit) ?? []);
      const begin = Math.max(from - positionBytes, 0);
      const end = from + this.unitSizeBytes - positionBytes;
      merged.set(bytes.subarray(begin, end), Math.max(positionBytes - from, 0));
      visit(unit, merged);
    }
  }

  #unitsOf(fromBytes: number, toBytes: number): number[] {
    if (toBytes <= fromBytes) return [];
    const first = Math.floor(fromBytes / this.unitSizeBytes);
    const last = Math.floor((toBytes - 1) / this.unitSizeBytes);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  }
}
