// What a client may still send on one connection, and why. Credit is memory: beyond the 65,535
// bytes that the protocol gives, every byte of credit has a place reserved for it, and what is held
// without such a place takes that much of the free credit away until it is let go.
//
//   target = max(0, free - held) + promised
//
// Credit once granted cannot be taken back (RFC 9113 section 6.9.3 knows no such frame). When a
// message dies early, the peer keeps more credit than the target; nothing is granted until the
// target has caught up, so that the surplus is set off against the next reservations.

import { assert } from '../assert.ts';
import { windowSizeBytesInitial, windowSizeBytesMax } from './frame-format.ts';

export class ReceiveCredit {
  /** The connection's window as the peer sees it once it has read what we sent. */
  #outstandingBytes = windowSizeBytesInitial;
  #receivedBytes = 0;
  /** Received, and kept outside of any reservation. */
  #heldBytes = 0;
  /** To be received into reservations. */
  #promisedBytes = 0;

  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  /** Of all frames, padding included. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get promisedBytes(): number {
    return this.#promisedBytes;
  }

  /** False: the peer had no credit for so much. */
  receive(sizeBytes: number): boolean {
    if (sizeBytes > this.#outstandingBytes) return false;
    this.#outstandingBytes -= sizeBytes;
    this.#receivedBytes += sizeBytes;
    return true;
  }

  /** Also with negative numbers, when what was held is let go. */
  hold(sizeBytes: number): void {
    this.#heldBytes += sizeBytes;
    assert(this.#heldBytes >= 0, 'more let go than was held');
  }

  /** Also with negative numbers, when promised bytes have come or are not needed any more. */
  promise(sizeBytes: number): void {
    this.#promisedBytes += sizeBytes;
    assert(this.#promisedBytes >= 0, 'more received than was promised');
  }

  /**
   * The increment to send now, 0 for none; it counts as granted. Small debts wait, since each grant
   * is a frame, but never while they are half of what the peer may have: a peer that waits for
   * credit and could have some always gets it. `underWayBytes` are those of a frame that may have
   * to be held once they come.
   */
  grant(underWayBytes = 0): number {
    const keptBytes = this.#heldBytes + underWayBytes;
    const targetBytes = Math.max(0, windowSizeBytesInitial - keptBytes) + this.#promisedBytes;
    const dueBytes = Math.min(targetBytes, windowSizeBytesMax) - this.#outstandingBytes;
    if (dueBytes <= 0 || (dueBytes < grantSizeBytesMin && 2 * dueBytes < targetBytes)) return 0;
    this.#outstandingBytes += dueBytes;
    return dueBytes;
  }
}

const grantSizeBytesMin = windowSizeBytesInitial >> 1;
