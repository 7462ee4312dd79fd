// A landing pool that is as full as a test says.

import type { ConnectionParts } from '../../src/http2/connection-core.ts';
import { KiB } from '../../src/limits.ts';
import { LateLine } from '../../src/memory/late-line.ts';
import { NewcomerPlaces } from '../../src/memory/newcomer-places.ts';

type Landing = ConnectionParts['landing'];

class FullPlaces extends NewcomerPlaces {
  readonly #wait: NewcomerPlaces['wait'];

  constructor(wait: NewcomerPlaces['wait']) {
    super(1, () => false);
    this.#wait = wait;
  }

  override wait(callback: () => void) {
    return this.#wait(callback);
  }
}

export class ScriptedLanding implements Landing {
  readonly sizeBytes = 512 * KiB;
  roomBytes: number;
  /** With room for nobody; they wait with the others. */
  readonly newcomers = new FullPlaces((callback) => this.whenRoom(callback));
  readonly late = new LateLine(this.newcomers, {
    hasRoom: () => this.roomBytes > 0,
    isCalm: () => true,
  });
  get firstRoomBytes(): number {
    return this.roomBytes;
  }
  readonly mayFill = true;
  readonly waiting = new Set<() => void>();

  constructor(roomBytes: number) {
    this.roomBytes = roomBytes;
  }

  expect(): void {}

  whenRoom(callback: () => void) {
    this.waiting.add(callback);
    return { cancel: () => void this.waiting.delete(callback) };
  }

  whenFirstRoom(callback: () => void) {
    return this.whenRoom(callback);
  }

  whenFillable(callback: () => void) {
    return this.whenRoom(callback);
  }

  /** There is so much room now, and whoever waits is told. */
  give(sizeBytes: number): void {
    this.roomBytes = sizeBytes;
    for (const callback of [...this.waiting]) {
      this.waiting.delete(callback);
      callback();
    }
  }
}
