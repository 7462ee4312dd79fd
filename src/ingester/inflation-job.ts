// One compressed body from its last byte to its inflated form: it gets memory for the output, then
// a place, then it is inflated. Why this cannot lock up stands in decompression.ts.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { ServerConnection } from '../http2/server-stream.ts';
import { slabHeaderSizeBytes, smallBodySizeBytesMax } from '../memory/size-class.ts';
import type { Admission } from './admission.ts';
import type { Encoding } from './expected-size.ts';
import { Inflation, type InflationParts, type InflationResult } from './inflation.ts';
import type { InflationPlaces, Place } from './inflation-places.ts';
import { Patience } from './patience.ts';

export interface CompressedBody {
  readonly encoding: Encoding;
  /** The body is the last `lengthBytes` of this slab, which goes with it. */
  readonly slab: number;
  readonly lengthBytes: number;
  /** Cap on the inflated size. */
  readonly sizeBytesMax: number;
  /** Whose bodies are alike. */
  readonly connection: ServerConnection;
}

export interface InflationJobParts extends InflationParts {
  readonly admission: Admission;
  readonly places: InflationPlaces;
  readonly clock: Clock;
}

type Phase =
  /** Holds the body in a small slab, and waits for a large one. */
  | { readonly kind: 'waiting'; readonly patience: Patience; readonly wait: { cancel(): void } }
  /** Holds all that it needs; `outputSlab` 0: in place. */
  | {
      readonly kind: 'queueing';
      readonly untilMs: number;
      readonly outputSlab: number;
      readonly queued: { leave(): void };
    }
  | { readonly kind: 'running'; readonly inflation: Inflation; readonly place: Place }
  | { readonly kind: 'ended' };

const ended: Phase = { kind: 'ended' };

export class InflationJob {
  readonly #parts: InflationJobParts;
  readonly #body: CompressedBody;
  readonly #waitMsMax: number;
  readonly #done: (result: InflationResult) => void;
  #phase: Phase = ended;
  /** Its guess was wrong. */
  #hasOutgrown = false;

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
    this.#begin(roomBytes);
  }

  /** Ends a wait, for memory and then for a place, that has lasted too long. */
  check(nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind === 'waiting' && phase.patience.isOver(nowMs)) {
      phase.wait.cancel();
      this.#countStuck(-1);
      this.#refuse('no memory to inflate the message');
    } else if (phase.kind === 'queueing' && nowMs >= phase.untilMs) {
      phase.queued.leave();
      if (phase.outputSlab !== 0) this.#parts.slabs.free(phase.outputSlab);
      this.#refuse('too many messages wait to be inflated');
    }
  }

  cancel(): void {
    const phase = this.#phase;
    const { slabs } = this.#parts;
    this.#phase = ended;
    switch (phase.kind) {
      case 'waiting':
        phase.wait.cancel();
        this.#countStuck(-1);
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

  #begin(roomBytes: number): void {
    const untilMs = this.#parts.clock.nowMs() + this.#waitMsMax;
    if (roomBytes === 0) this.#queue(0, untilMs);
    else this.#findRoom(roomBytes, untilMs);
  }

  #findRoom(roomBytes: number, untilMs: number): void {
    const { admission } = this.#parts;
    const slab = admission.reserve(roomBytes);
    if (slab !== 0) {
      this.#queue(slab, untilMs);
      return;
    }
    const sizeBytes = Math.max(roomBytes, smallBodySizeBytesMax + 1);
    const patience = new Patience(this.#parts.clock.nowMs(), this.#waitMsMax, admission);
    const wait = admission.wait(this.#body.connection, sizeBytes, (granted) => {
      this.#countStuck(-1);
      this.#queue(granted, untilMs);
    });
    if (wait === undefined) {
      this.#refuse('too many messages wait for memory');
      return;
    }
    this.#phase = { kind: 'waiting', patience, wait };
    this.#countStuck(1);
  }

  /** The body is whole, but gives its slab back only when others have given back theirs. */
  #countStuck(sign: 1 | -1): void {
    const { admission, slabs } = this.#parts;
    admission.countIncomplete(sign * (slabs.capacityBytes(this.#body.slab) + slabHeaderSizeBytes));
  }

  #queue(outputSlab: number, untilMs: number): void {
    let entered = false;
    const queued = this.#parts.places.enter(this.#body.connection, (place) => {
      entered = true;
      this.#run(outputSlab, place);
    });
    if (!entered) this.#phase = { kind: 'queueing', untilMs, outputSlab, queued };
  }

  #run(outputSlab: number, place: Place): void {
    const inflation = new Inflation(
      this.#parts,
      { ...this.#body, outputSlab, piece: place.piece },
      (result) => {
        assert(this.#phase.kind === 'running', 'result of an inflation that does not run');
        this.#phase = ended;
        place.leave();
        if (result.kind === 'outgrown') this.#beginAgain();
        else this.#done(result);
      },
    );
    this.#phase = { kind: 'running', inflation, place };
  }

  /** With the most that a message may have the guess cannot be wrong, so this happens once. */
  #beginAgain(): void {
    this.#hasOutgrown = true;
    this.#begin(this.#body.sizeBytesMax);
  }

  #refuse(message: string): void {
    const { slab, sizeBytesMax } = this.#body;
    this.#phase = ended;
    this.#parts.slabs.free(slab);
    const wantedBytes = this.#hasOutgrown ? sizeBytesMax : 0;
    this.#done({ kind: 'refused', code: 'ADMISSION_TIMEOUT', message, wantedBytes });
  }
}
