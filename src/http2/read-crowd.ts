// How many connections of a port may have been read in vain. What a socket gave before we knew that
// there is no memory for it stands outside of the arena: 17 KiB, and as much in OpenSSL. So when
// many wait, the others are not read at all, and their bytes stay with the kernel; they are let in
// again as many at a time as may wait, the longest shut out first. 2,064 connections with four
// calls of 64 KiB each took 125 MiB without this and copies of their own, 40 with it.
//
// Those who wait may wait again as often as they are read. So now and then one of the others is let
// in beside them, as a guest.

/** A connection that can be read or not. */
export interface CrowdMember {
  /** False: it has to be read, or is not anyway. */
  shutOut(): boolean;
  letIn(): void;
}

export class ReadCrowd {
  /** Neither waiting nor shut out. */
  readonly #readable = new Set<CrowdMember>();
  readonly #waiting = new Set<CrowdMember>();
  /** In the order in which they were shut out. */
  readonly #shutOut = new Set<CrowdMember>();
  /** Let in while as many waited as may; not shut out before there is another. */
  #guest: CrowdMember | undefined;
  /** Have ceased to wait since somebody was let in. */
  #servedCount = 0;
  readonly #schedule: (run: () => void) => void;
  readonly #waitingMax: number;
  #isScheduled = false;

  /** Tests pass their own. */
  constructor(waitingMax = 256, schedule: (run: () => void) => void = setImmediate) {
    this.#waitingMax = waitingMax;
    this.#schedule = schedule;
  }

  join(member: CrowdMember): void {
    this.#readable.add(member);
    if (this.#isFull) this.#shut(member);
  }

  leave(member: CrowdMember): void {
    this.waits(member, false);
    this.#readable.delete(member);
    this.#shutOut.delete(member);
    if (this.#guest === member) this.#guest = undefined;
  }

  /** Whether it has unread bytes that wait for memory. */
  waits(member: CrowdMember, isWaiting: boolean): void {
    if (isWaiting === this.#waiting.has(member)) return;
    if (isWaiting) {
      this.#readable.delete(member);
      this.#shutOut.delete(member);
      this.#waiting.add(member);
      if (this.#isFull) for (const other of this.#readable) this.#shut(other);
    } else {
      this.#waiting.delete(member);
      this.#readable.add(member);
      this.#servedCount += 1;
      this.#openSoon();
    }
  }

  /** It has to be read again, whoever waits. */
  forget(member: CrowdMember): void {
    if (this.#shutOut.delete(member)) this.#readable.add(member);
  }

  get #isFull(): boolean {
    return this.#waiting.size >= this.#waitingMax;
  }

  get #isHalf(): boolean {
    return 2 * this.#waiting.size <= this.#waitingMax;
  }

  #shut(member: CrowdMember): void {
    if (member === this.#guest || !member.shutOut()) return;
    this.#readable.delete(member);
    this.#shutOut.add(member);
  }

  #openSoon(): void {
    if (this.#isScheduled || this.#shutOut.size === 0) return;
    if (!this.#isHalf && this.#servedCount < servedPerGuest) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#open());
  }

  /** Their bytes arrive after this turn: only then is seen how many of them wait. */
  #open(): void {
    this.#isScheduled = false;
    const isForGuest = !this.#isHalf && this.#servedCount >= servedPerGuest;
    if (isForGuest) [this.#guest] = this.#shutOut;
    let count = Math.max(isForGuest ? 1 : 0, this.#waitingMax - this.#waiting.size);
    if (count > 0) this.#servedCount = 0;
    for (const member of this.#shutOut) {
      if (count <= 0) break;
      count -= 1;
      this.forget(member);
      member.letIn();
    }
    this.#openSoon();
  }
}

const servedPerGuest = 4;
