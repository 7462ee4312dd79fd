// One call of LogsService/Export, from its headers to its answer. What it holds depends on its
// phase and on nothing else, so every way out of a phase frees exactly that.

import { assert, unreachable } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import { CompressedFlag } from '../grpc/message-frame.ts';
import type { ServerStream, StreamHandler } from '../http2/server-stream.ts';
import { BodyIntake, Intake } from './body-intake.ts';
import type { CallHeaders } from './call-headers.ts';
import type { WatchedCall } from './call-watch.ts';
import type { Encoding } from './expected-size.ts';
import { answerError, answerOk } from './grpc-answer.ts';
import type { InflationResult } from './inflation.ts';
import type { InflationJob } from './inflation-job.ts';
import type { Answer, IngestCall } from './ingest-call.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { ProducerPace } from './producer-pace.ts';

type Phase =
  /** Reading the five bytes that say how long the message is. */
  | { readonly kind: 'prefix' }
  /** The stream is paused until the pool has a slab. */
  | { readonly kind: 'waiting'; readonly untilMs: number; readonly wait: { cancel(): void } }
  /** Reading the message into its slab, and after it the end of the stream. */
  | { readonly kind: 'body'; readonly slab: number }
  /** The slab is with the decompression. */
  | { readonly kind: 'inflating'; readonly job: InflationJob }
  /** The slab is with the engine, which owes the answer. */
  | { readonly kind: 'accepted'; readonly call: IngestCall }
  /** Answered, or nobody is there to answer. */
  | { readonly kind: 'ended' };

const ended: Phase = { kind: 'ended' };

export class GrpcLogsCall implements StreamHandler, WatchedCall {
  readonly #parts: IngesterParts;
  readonly #stream: ServerStream;
  readonly #intake = new BodyIntake();
  readonly #encoding: Encoding | undefined;
  readonly #deadlineMs: number;
  /** How long the call may still wait for slabs. */
  #admissionMs: number;
  readonly #pace: ProducerPace;
  #phase: Phase = { kind: 'prefix' };
  #requestEnded = false;

  constructor(parts: IngesterParts, stream: ServerStream, headers: CallHeaders) {
    this.#parts = parts;
    this.#stream = stream;
    this.#encoding = headers.encoding;
    const nowMs = parts.clock.nowMs();
    this.#deadlineMs = nowMs + headers.timeoutMs;
    this.#admissionMs = Math.min(parts.memory.admissionTimeoutMs, headers.timeoutMs / 3);
    this.#pace = new ProducerPace(parts.memory.stallTimeoutMs, nowMs);
    parts.watch.watch(this);
  }

  data(chunk: Uint8Array): void {
    const kind = this.#phase.kind;
    if (kind === 'accepted' || kind === 'inflating' || kind === 'ended') return;
    this.#follow(this.#intake.take(chunk));
  }

  end(): void {
    if (this.#phase.kind === 'ended') return;
    this.#requestEnded = true;
    if (!this.#intake.prefixIsComplete) {
      const { receivedBytes } = this.#intake;
      const what =
        receivedBytes === 0 ? 'no message' : `${receivedBytes} bytes of a message prefix`;
      this.#refuse('OTLP_MALFORMED', what);
    } else if (!this.#intake.messageIsReceived) {
      this.#refuse(
        'OTLP_MALFORMED',
        `message cut off before ${this.#intake.messageLengthBytes} bytes`,
      );
    } else if (this.#phase.kind === 'body') {
      this.#complete(this.#phase.slab);
    }
  }

  closed(): void {
    const phase = this.#phase;
    this.#leave();
    if (phase.kind === 'accepted') phase.call.onGone?.();
  }

  /** Before the call is accepted, time is ours to watch. */
  check(nowMs: number): void {
    const { kind } = this.#phase;
    if (kind === 'accepted' || kind === 'ended') return;
    if (nowMs >= this.#deadlineMs) {
      this.#refuse('DEADLINE', 'grpc-timeout passed before the message was complete');
    } else if (this.#phase.kind === 'waiting') {
      if (nowMs >= this.#phase.untilMs)
        this.#refuse('ADMISSION_TIMEOUT', 'no memory for the message');
    } else if (this.#phase.kind === 'inflating') {
      this.#phase.job.check(nowMs);
    } else {
      const stall = this.#pace.stall(this.#intake.receivedBytes, nowMs);
      if (stall !== undefined) this.#refuse('PRODUCER_STALLED', stall);
    }
  }

  /** For a call that is not accepted when the drain ends. */
  giveUp(): void {
    if (this.#phase.kind !== 'accepted') this.#refuse('DRAINING', 'shutting down');
  }

  #follow(intake: Intake): void {
    switch (intake) {
      case Intake.Open:
        return;
      case Intake.PrefixComplete:
        this.#admit();
        return;
      case Intake.MessageComplete:
        if (this.#requestEnded && this.#phase.kind === 'body') this.#complete(this.#phase.slab);
        return;
      case Intake.Excess:
        this.#refuse(
          'OTLP_MALFORMED',
          `bytes after a message of ${this.#intake.messageLengthBytes}`,
        );
        return;
      default:
        unreachable(intake, 'intake');
    }
  }

  /** The prefix is known: is the message one that we take, and is there a slab for it? */
  #admit(): void {
    const { messageLengthBytes, compressedFlag } = this.#intake;
    const { admission, messageSizeBytesMax } = this.#parts;
    if (
      compressedFlag !== CompressedFlag.Identity &&
      compressedFlag !== CompressedFlag.Compressed
    ) {
      this.#refuse('OTLP_MALFORMED', `compressed flag is ${compressedFlag}`);
    } else if (compressedFlag === CompressedFlag.Compressed && this.#encoding === undefined) {
      this.#refuse(
        'COMPRESSED_FLAG',
        'compressed flag set, but grpc-encoding names no compression',
      );
    } else if (messageLengthBytes > messageSizeBytesMax) {
      const text = `message of ${messageLengthBytes} bytes, the limit is ${messageSizeBytesMax}`;
      this.#refuse('MESSAGE_TOO_LARGE', text);
    } else {
      const sizeBytes = this.#reservationBytes();
      const slab = admission.reserve(sizeBytes);
      if (slab === 0) this.#wait(sizeBytes);
      else this.#enterBody(slab);
    }
  }

  #wait(sizeBytes: number): void {
    const intake = this.#intake.keep();
    if (intake === Intake.Excess) {
      this.#follow(intake);
      return;
    }
    const untilMs = this.#parts.clock.nowMs() + this.#admissionMs;
    const wait = this.#parts.admission.wait(sizeBytes, (slab) => {
      assert(this.#phase.kind === 'waiting', 'slab granted to a call that does not wait');
      const nowMs = this.#parts.clock.nowMs();
      this.#admissionMs = Math.max(0, untilMs - nowMs);
      this.#pace.restart(this.#intake.receivedBytes, nowMs);
      this.#enterBody(slab);
      this.#stream.resume();
    });
    if (wait === undefined) {
      this.#refuse('ADMISSION_TIMEOUT', 'too many messages wait for memory');
      return;
    }
    this.#phase = { kind: 'waiting', untilMs, wait };
    this.#stream.pause();
  }

  #enterBody(slab: number): void {
    this.#phase = { kind: 'body', slab };
    const { slabs, bytes } = this.#parts;
    const lengthBytes = this.#intake.messageLengthBytes;
    // A compressed body stands at the end, where inflation wants it.
    const roomBytes = this.#isCompressed() ? slabs.capacityBytes(slab) - lengthBytes : 0;
    const offsetBytes = slabs.bodyOffsetBytes(slab) + roomBytes;
    this.#follow(this.#intake.provide(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)));
  }

  #complete(slab: number): void {
    const lengthBytes = this.#intake.messageLengthBytes;
    if (!this.#isCompressed()) {
      this.#accept(slab, lengthBytes);
      return;
    }
    const encoding = this.#encoding;
    assert(encoding !== undefined, 'compressed message admitted without an encoding');
    const { decompression } = this.#parts;
    const body = { encoding, slab, lengthBytes, connection: this.#stream.connection };
    const small = decompression.inflateSmall(body);
    if (small !== undefined) {
      this.#inflated(small);
      return;
    }
    const job = decompression.start(body, this.#admissionMs, (result) => this.#inflated(result));
    // TypeScript does not see that a refusal comes at once.
    if ((this.#phase as Phase).kind === 'body') this.#phase = { kind: 'inflating', job };
  }

  /** The slab of a refused result is free already. */
  #inflated(result: InflationResult): void {
    if (result.kind === 'inflated') {
      this.#accept(result.slab, result.lengthBytes);
    } else {
      this.#phase = ended;
      this.#answerRefusal(result.code, result.message);
    }
  }

  #accept(slab: number, bodyLengthBytes: number): void {
    const { slabs, watch, accept } = this.#parts;
    watch.unwatch(this);
    const call: IngestCall = {
      slab,
      bodyOffsetBytes: slabs.bodyOffsetBytes(slab),
      bodyLengthBytes,
      deadlineMs: this.#deadlineMs,
      producer: this.#stream.connection.peerSubject,
      answer: (answer) => this.#answer(answer),
      onGone: undefined,
    };
    this.#phase = { kind: 'accepted', call };
    accept(call);
  }

  #answer(answer: Answer): void {
    if (this.#phase.kind !== 'accepted') return; // the producer has gone
    this.#phase = ended;
    if (answer.kind === 'ok') {
      answerOk(this.#stream, answer.rejectedRecords, answer.message);
      return;
    }
    const { code, message, retryDelayMs } = answer;
    const delayMs = this.#parts.admission.retryDelayMs(code, retryDelayMs);
    answerError(this.#stream, code, message, delayMs);
  }

  #refuse(code: ErrorCode, message: string): void {
    this.#leave();
    this.#answerRefusal(code, message);
  }

  #answerRefusal(code: ErrorCode, message: string): void {
    this.#parts.watch.unwatch(this);
    this.#parts.counters.addRefused(code);
    answerError(this.#stream, code, message, this.#parts.admission.retryDelayMs(code));
  }

  /** Gives back what the phase holds. */
  #leave(): void {
    const phase = this.#phase;
    this.#phase = ended;
    this.#parts.watch.unwatch(this);
    switch (phase.kind) {
      case 'waiting':
        phase.wait.cancel();
        return;
      case 'body':
        this.#parts.slabs.free(phase.slab);
        return;
      case 'inflating':
        phase.job.cancel();
        return;
      case 'prefix':
      case 'accepted':
      case 'ended':
        return;
      default:
        unreachable(phase, 'phase');
    }
  }

  #isCompressed(): boolean {
    return this.#intake.compressedFlag === CompressedFlag.Compressed;
  }

  /** Asked once, while what came with the prefix is still at hand. */
  #reservationBytes(): number {
    const { messageLengthBytes, unread } = this.#intake;
    if (!this.#isCompressed()) return messageLengthBytes;
    assert(this.#encoding !== undefined, 'compressed message admitted without an encoding');
    return this.#parts.decompression.reservationBytes(
      this.#stream.connection,
      this.#encoding,
      messageLengthBytes,
      unread,
    );
  }
}
