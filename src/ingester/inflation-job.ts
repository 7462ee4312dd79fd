// One compressed body from its last byte to its inflated form: it gets memory for the output, then
// a place, then it is inflated. Why this cannot lock up stands in decompression.ts.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { smallBodySizeBytesMax } from '../memory/size-class.ts';
import type { Admission } from './admission.ts';
import type { Encoding } from './expected-size.ts';
import { Inflation, type InflationParts, type InflationResult } from './inflation.ts';
import type { InflationPlaces, Place } from './inflation-places.ts';

export interface CompressedBody {
  readonly encoding: Encoding;
  /** The body is the last `lengthBytes` of this slab, which goes with it. */
  readonly slab: number;
  readonly lengthBytes: number;
  /** Cap on the inflated size. */
  readonly sizeBytesMax: number;
  /** Whose bodies are alike. */
  readonly connection: object;
}

export interface InflationJobParts extends InflationParts {
  readonly admission: Admission;
  readonly places: InflationPlaces;
  readonly clock: Clock;
}

type Phase =
  /** Holds the body in a small slab, and waits for a large one. */
  | { readonly kind: 'waiting'; readonly untilMs: number; readonly wait: { cancel(): void } }
  /** Holds all that it needs; `outputSlab` 0: in place. */
  | { readonly kind: 'queueing'; readonly outputSlab: number; readonly queued: { leave(): void } }
  | { readonly kind: 'running'; readonly inflation: Inflation; readonly place: Place }
  | { readonly kind: 'ended' };

const ended: Phase = { kind: 'ended' };

export class InflationJob {
  readonly #parts: InflationJobParts;
  readonly #body: CompressedBody;
  readonly #waitMsMax: number;
  readonly #done: (result: InflationResult) => void;
  #phase: Phase = ended;

  /**
   * `roomBytes` is what the output will probably need, 0 for a body that is inflated in place.
   * `done` is called once, perhaps at once, unless cancel() comes first; the slab of an inflated
   * result belongs to the caller, all else is freed.
   */
  constructor(
    parts: InflationJobParts,
    body: CompressedBody,
    roomBytes: number,
    waitMsMax: number,
    done: (result: InflationResult) => void,
  ) {
    this.#parts = parts;
    this.#body = body;
    this.#waitMsMax = waitMsMax;
    this.#done = done;
    if (roomBytes === 0) this.#queue(0);
    else this.#findRoom(roomBytes);
  }

  /** Ends a wait for memory that has lasted too long. */
  check(nowMs: number): void {
    if (this.#phase.kind !== 'waiting' || nowMs < this.#phase.untilMs) return;
    this.#phase.wait.cancel();
    this.#refuseForMemory('no memory to inflate the message');
  }

  cancel(): void {
    const phase = this.#phase;
    const { slabs } = this.#parts;
    this.#phase = ended;
    switch (phase.kind) {
      case 'waiting':
        phase.wait.cancel();
        slabs.free(this.#body.slab);
        return;
      case 'queueing':
        phase.queued.leave();
        if (phase.outputSlab !== 0) slabs.free(phase.outputSlab);
        slabs.free(this.#body.slab);
        return;
      case 'running':
        phase.inflation.cancel();
        phase.place.leave();
        return;
      case 'ended':
        return;
    }
  }

  #findRoom(roomBytes: number): void {
    const { admission, clock } = this.#parts;
    const slab = admission.reserve(roomBytes);
    if (slab !== 0) {
      this.#queue(slab);
      return;
    }
    const sizeBytes = Math.max(roomBytes, smallBodySizeBytesMax + 1);
    const wait = admission.wait(this.#body.connection, sizeBytes, (granted) =>
      this.#queue(granted),
    );
    if (wait === undefined) {
      this.#refuseForMemory('too many messages wait for memory');
      return;
    }
    this.#phase = { kind: 'waiting', untilMs: clock.nowMs() + this.#waitMsMax, wait };
  }

  #queue(outputSlab: number): void {
    let entered = false;
    const queued = this.#parts.places.enter((place) => {
      entered = true;
      this.#run(outputSlab, place);
    });
    if (!entered) this.#phase = { kind: 'queueing', outputSlab, queued };
  }

  #run(outputSlab: number, place: Place): void {
    const inflation = new Inflation(
      this.#parts,
      { ...this.#body, outputSlab, piece: place.piece },
      (result) => {
        assert(this.#phase.kind === 'running', 'result of an inflation that does not run');
        this.#phase = ended;
        place.leave();
        // Its guess was wrong: with the most that a message may have it cannot be, so this happens
        // once.
        if (result.kind === 'outgrown') this.#findRoom(this.#body.sizeBytesMax);
        else this.#done(result);
      },
    );
    this.#phase = { kind: 'running', inflation, place };
  }

  #refuseForMemory(message: string): void {
    const { slab, sizeBytesMax } = this.#body;
    this.#phase = ended;
    this.#parts.slabs.free(slab);
    this.#done({ kind: 'refused', code: 'ADMISSION_TIMEOUT', message, wantedBytes: sizeBytesMax });
  }
}
