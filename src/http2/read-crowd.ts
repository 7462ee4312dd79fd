// How many connections of a port may have been read in vain. What a socket gave before we knew that
// there is no memory for it stands outside of the arena: 17 KiB, and as much in OpenSSL. So when
// many wait, the others are not read at all, and their bytes stay with the kernel; they are let in
// again as many at a time as may wait, the longest shut out first. 2,064 connections with four
// calls of 64 KiB each took 125 MiB without this and copies of their own, 40 with it.

/** A connection that can be read or not. */
export interface CrowdMember {
  /** False: it has to be read, or is not anyway. */
  shutOut(): boolean;
  letIn(): void;
}

export class ReadCrowd {
  readonly #members = new Set<CrowdMember>();
  /** In the order in which they were shut out. */
  readonly #shutOut = new Set<CrowdMember>();
  readonly #schedule: (run: () => void) => void;
  readonly #waiting = new Set<CrowdMember>();
  readonly #waitingMax: number;
  #isScheduled = false;

  /** Tests pass their own. */
  constructor(waitingMax = 256, schedule: (run: () => void) => void = setImmediate) {
    this.#waitingMax = waitingMax;
    this.#schedule = schedule;
  }

  join(member: CrowdMember): void {
    this.#members.add(member);
  }

  leave(member: CrowdMember): void {
    this.#members.delete(member);
    this.#shutOut.delete(member);
    this.waits(member, false);
  }

  /** Whether it has unread bytes that wait for memory. */
  waits(member: CrowdMember, isWaiting: boolean): void {
    if (isWaiting === this.#waiting.has(member)) return;
    if (!isWaiting) {
      this.#waiting.delete(member);
      this.#openSoon();
    } else if (this.#waiting.add(member).size === this.#waitingMax) this.#shut();
  }

  /** It has to be read again, whoever waits. */
  forget(member: CrowdMember): void {
    this.#shutOut.delete(member);
  }

  #shut(): void {
    for (const member of this.#members) {
      if (!this.#shutOut.has(member) && member.shutOut()) this.#shutOut.add(member);
    }
  }

  #openSoon(): void {
    if (this.#isScheduled || this.#shutOut.size === 0 || 2 * this.#waiting.size > this.#waitingMax)
      return;
    this.#isScheduled = true;
    this.#schedule(() => this.#open());
  }

  /** Their bytes arrive after this turn: only then is seen how many of them wait. */
  #open(): void {
    this.#isScheduled = false;
    let count = this.#waitingMax - this.#waiting.size;
    for (const member of this.#shutOut) {
      if (count <= 0) break;
      count -= 1;
      this.#shutOut.delete(member);
      member.letIn();
    }
    this.#openSoon();
  }
}
