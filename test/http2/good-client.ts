// A client as a busy SDK has it: as many streams at once as it may, bodies as far as its credit
// reaches, credit back for every answer, a PING now and then, a cancelled call now and then.

import assert from 'node:assert/strict';
import {
  FrameFlag,
  FrameType,
  framePayloadSizeBytesMax,
  Http2Error,
} from '../../src/http2/frame-format.ts';
import { streamWindowSizeBytes } from '../../src/http2/stream-window.ts';
import type { Http2Rig } from '../support/http2-rig.ts';
import { postBlock } from '../support/http2-rig.ts';
import {
  dataFrame,
  headersFrame,
  pingFrame,
  type RawFrame,
  resetFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { SendCredit } from '../support/send-credit.ts';

export class GoodClient {
  answeredCount = 0;
  cancelledCount = 0;
  pongCount = 0;
  readonly #rig: Http2Rig;
  readonly #random: SeededRandom;
  readonly #concurrentStreamsMax: number;
  readonly #credit = new SendCredit();
  /** What is left to send, by stream. */
  readonly #open = new Map<number, number>();

  constructor(rig: Http2Rig, random: SeededRandom, concurrentStreamsMax: number) {
    this.#rig = rig;
    this.#random = random;
    this.#concurrentStreamsMax = concurrentStreamsMax;
    this.#credit.setInitial(streamWindowSizeBytes);
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Opens what it may, and sends of every body what it may. */
  work(mayOpen: boolean): void {
    if (this.#rig.socket.isPaused) return;
    const frames: Buffer[] = [];
    while (mayOpen && this.#open.size < this.#concurrentStreamsMax) {
      const streamId = this.#rig.takeStreamId();
      this.#open.set(streamId, 1 + this.#random.below(this.#random.oneIn(50) ? 100_000 : 400));
      frames.push(headersFrame(streamId, postBlock));
    }
    for (const [streamId, leftBytes] of this.#open) {
      if (leftBytes > 0) this.#sendBody(frames, streamId, leftBytes);
    }
    if (frames.length > 0) this.#rig.send(...frames);
  }

  ping(): void {
    this.#rig.send(pingFrame(Buffer.from('are you?')));
  }

  cancelOne(): void {
    const [streamId] = this.#open.keys();
    if (streamId === undefined) return;
    this.#rig.send(resetFrame(streamId, Http2Error.Cancel));
    this.#forget(streamId);
    this.cancelledCount += 1;
  }

  read(): void {
    let readBytes = 0;
    for (const frame of this.#rig.readFrames()) {
      this.#take(frame);
      if (frame.type === FrameType.Data) readBytes += frame.payload.length;
    }
    if (readBytes > 0) this.#rig.send(windowUpdateFrame(0, readBytes));
  }

  #sendBody(frames: Buffer[], streamId: number, bodyLeftBytes: number): void {
    let leftBytes = bodyLeftBytes;
    while (leftBytes > 0) {
      const sizeBytes = this.#credit.take(streamId, Math.min(leftBytes, framePayloadSizeBytesMax));
      if (sizeBytes === 0) break;
      leftBytes -= sizeBytes;
      frames.push(
        dataFrame(streamId, payload.subarray(0, sizeBytes), { endStream: leftBytes === 0 }),
      );
    }
    this.#open.set(streamId, leftBytes);
  }

  #take({ type, flags, streamId, payload }: RawFrame): void {
    if (type === FrameType.WindowUpdate) this.#credit.add(streamId, payload.readUInt32BE(0));
    else if (type === FrameType.Ping) this.pongCount += 1;
    else if (type === FrameType.Headers || type === FrameType.Data) {
      if ((flags & FrameFlag.EndStream) === 0 || !this.#open.has(streamId)) return;
      assert.equal(this.#open.get(streamId), 0, 'answered before the end of the request');
      this.answeredCount += 1;
      this.#forget(streamId);
    } else assert.equal(type, FrameType.Settings, `stream ${streamId}: ${payload.toString('hex')}`);
  }

  #forget(streamId: number): void {
    this.#open.delete(streamId);
    this.#credit.forget(streamId);
  }
}

const payload = Buffer.alloc(framePayloadSizeBytesMax);
