// One call that brings log records, from its headers to its answer, over either transport: memory,
// waiting, decompression, deadlines and acceptance. How the message stands in the request's body is
// for grpc-logs.ts and http-logs.ts, how the answer looks for an AnswerForm. What the call holds
// depends on its phase and on nothing else, so every way out of a phase frees exactly that.

import { assert } from '../assert.ts';
import type { ErrorCode } from '../errors.ts';
import type { ServerStream, StreamHandler } from '../http2/server-stream.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import type { Transport } from '../memory/transport-counters.ts';
import { AcceptedCall } from './accepted-call.ts';
import { type AnswerForm, giveAnswer } from './answer-form.ts';
import { accepted, type CallPhase, ended, opening } from './call-phase.ts';
import type { Encoding } from './expected-size.ts';
import type { InflationResult } from './inflation.ts';
import type { Answer, BodyType, IngestCall } from './ingest-call.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { MessageBody } from './message-body.ts';
import { MessageWait } from './message-wait.ts';
import { ProducerPace } from './producer-pace.ts';

export abstract class LogsCall extends AcceptedCall implements StreamHandler, IngestCall {
  readonly deadlineMs: number;
  protected readonly parts: IngesterParts;
  protected readonly stream: ServerStream;
  /** Of the request body, gRPC prefix included. */
  protected receivedBytes = 0;
  readonly #comesAs: BodyType;
  readonly #answers: AnswerForm;
  readonly #sizeBytesMax: number;
  /** How long it may still wait for slabs: SDKs give up after 10 s, retries included. */
  #admissionMs: number;
  /** Made when the watch first looks, which most calls do not live to see. */
  #pace: ProducerPace | undefined = undefined;
  #phase: CallPhase = opening;
  #requestEnded = false;

  constructor(
    parts: IngesterParts,
    stream: ServerStream,
    comesAs: BodyType,
    answers: AnswerForm,
    sizeBytesMax: number,
    timeoutMs: number,
  ) {
    super();
    this.parts = parts;
    this.stream = stream;
    this.#comesAs = comesAs;
    this.#answers = answers;
    this.#sizeBytesMax = sizeBytesMax;
    this.deadlineMs = timeoutMs === Infinity ? Infinity : parts.clock.nowMs() + timeoutMs;
    this.#admissionMs = Math.min(parts.memory.admissionTimeoutMs, timeoutMs / 3);
    parts.watch.watch(this);
  }

  abstract get transport(): Transport;

  abstract data(source: Uint8Array, fromBytes: number, toBytes: number): void;

  /** Why a request that ended before admit() was called is no message. */
  protected abstract missing(): string;

  /**
   * Makes protobuf of a whole message at this place of the arena, in place; returns its length, or
   * undefined when the call has been refused.
   */
  protected toProtobuf(_offsetBytes: number, lengthBytes: number): number | undefined {
    return lengthBytes;
  }

  get producer(): string {
    return this.stream.connection.peerSubject;
  }

  end(): void {
    this.#requestEnded = true;
    const phase = this.#phase;
    if (phase.kind === 'opening') {
      this.refuse('OTLP_MALFORMED', this.missing());
    } else if (phase.kind === 'body' || phase.kind === 'waiting') {
      if (phase.lengthBytes !== undefined && phase.messageBytes !== phase.lengthBytes) {
        this.refuse('OTLP_MALFORMED', `message cut off before ${phase.lengthBytes} bytes`);
      } else if (phase.kind === 'body') {
        this.#complete(phase);
      } else {
        this.wholeMs = this.parts.clock.nowMs(); // it waits for memory, and its producer for us
      }
    }
  }

  closed(): void {
    const { kind } = this.#phase;
    this.#leave();
    if (kind === 'accepted') this.onGone?.();
  }

  /** Before the call is accepted, time is ours to watch. */
  check(nowMs: number): void {
    const phase = this.#phase;
    if (nowMs >= this.deadlineMs) {
      this.refuse('DEADLINE', 'grpc-timeout passed before the message was complete');
    } else if (phase.kind === 'waiting') {
      if (phase.patience.isOver(nowMs))
        this.refuse('ADMISSION_TIMEOUT', 'no memory for the message');
    } else if (phase.kind === 'inflating') {
      phase.job.check(nowMs);
    } else {
      this.#pace ??= new ProducerPace(this.parts.memory.stallTimeoutMs, nowMs);
      // Before its first bytes a message may have to wait for others of its connection.
      const isOpening = phase.kind === 'opening';
      if (!this.stream.isRead) this.#pace.restart(this.receivedBytes, nowMs);
      const bytes = isOpening ? this.stream.connectionBytes : this.receivedBytes;
      const othersWait = !isOpening && this.parts.admission.waitingCount > 0;
      const stall = this.#pace.stall(bytes, nowMs, othersWait);
      if (stall === undefined) return;
      this.parts.counters.addAbuse(ConnectionAbuse.SlowSender);
      this.refuse('PRODUCER_STALLED', stall);
    }
  }

  /** For a call that is not accepted when the drain ends. */
  giveUp(): void {
    this.refuse('DRAINING', 'shutting down');
  }

  answer(answer: Answer): void {
    if (this.#phase.kind !== 'accepted') return; // the producer has gone
    this.#phase = ended;
    giveAnswer(this.#answers, this.stream, this.parts.admission, answer);
  }

  /**
   * The message is one that we take, of this length as it stands on the wire, undefined when nobody
   * knows: is there memory for it? `start` is what of a compressed one is at hand.
   */
  protected admit(
    encoding: Encoding | undefined,
    lengthBytes: number | undefined,
    start: Uint8Array,
  ): void {
    this.#pace = undefined; // it has counted other bytes
    assert(this.#phase.kind === 'opening', 'admitted twice');
    const message = new MessageBody(this.parts, encoding, lengthBytes, this.#sizeBytesMax);
    const sizeBytes = message.firstReservationBytes(this.stream.connection, start);
    const slab = this.parts.admission.reserve(sizeBytes);
    if (slab === 0) {
      this.#wait(message, sizeBytes);
      return;
    }
    message.enter(slab);
    this.#phase = message;
  }

  /** The next part of the message; called after admit(). */
  protected take(source: Uint8Array, fromBytes: number, toBytes: number): void {
    const phase = this.#phase;
    if (phase.kind !== 'body' && phase.kind !== 'waiting') return;
    const { lengthBytes, messageBytes: before } = phase;
    const messageBytes = before + toBytes - fromBytes;
    if (lengthBytes !== undefined && messageBytes > lengthBytes) {
      this.refuse('OTLP_MALFORMED', `bytes after a message of ${lengthBytes}`);
    } else if (messageBytes > this.#sizeBytesMax) {
      this.refuse('MESSAGE_TOO_LARGE', `longer than the limit of ${this.#sizeBytesMax} bytes`);
    } else if (phase.kind === 'waiting') {
      this.#land(phase, source, fromBytes, toBytes);
    } else {
      this.#store(phase, source, fromBytes, toBytes);
    }
  }

  /** Says that there is memory, and for how much more: also when only the end is to come. */
  protected expectRest(): void {
    if (this.#phase.kind === 'body') this.stream.expect(this.#phase.restBytes);
  }

  protected refuse(code: ErrorCode, message: string): void {
    this.#leave();
    this.#answerRefusal(code, message);
  }

  #store(message: MessageBody, source: Uint8Array, fromBytes: number, toBytes: number): void {
    const { slab } = message;
    const storedTo = message.store(source, fromBytes, toBytes);
    if (storedTo < toBytes) {
      this.#wait(message, message.longestReservationBytes());
      if (this.#phase.kind === 'waiting') this.#land(this.#phase, source, storedTo, toBytes);
    } else if (message.slab !== slab) {
      this.expectRest(); // it has grown
    }
  }

  #land(wait: MessageWait, source: Uint8Array, fromBytes: number, toBytes: number): void {
    if (wait.land(this.stream, source, fromBytes, toBytes)) return;
    // The transport does not read while the pool is nearly full, if it can do without.
    this.refuse('ADMISSION_TIMEOUT', 'no memory for what arrives');
  }

  #wait(message: MessageBody, sizeBytes: number): void {
    const { connection } = this.stream;
    const wait = new MessageWait(this.parts, connection, message, this.#admissionMs);
    this.#phase = wait;
    const crowded = () => this.refuse('ADMISSION_TIMEOUT', 'too many messages wait for memory');
    wait.ask(sizeBytes, () => this.#granted(wait), crowded);
  }

  #granted({ message, patience }: MessageWait): void {
    assert(this.#phase.kind === 'waiting', 'slab granted to a call that does not wait');
    const nowMs = this.parts.clock.nowMs();
    this.#admissionMs = Math.max(0, patience.untilMs - nowMs);
    this.#pace?.restart(this.receivedBytes, nowMs);
    this.#phase = message;
    if (this.#requestEnded) {
      this.stream.expect(0);
      this.#complete(message);
    } else {
      this.stream.expect(message.restBytes);
    }
  }

  #complete(message: MessageBody): void {
    message.complete();
    const { encoding, storedBytes } = message;
    const isPlain = encoding === undefined && this.#comesAs === 'protobuf';
    if (!isPlain && storedBytes > 0 && this.parts.takesRaw(storedBytes, this.producer)) {
      this.#deliverRaw(message);
      return;
    }
    if (!isPlain) this.wholeMs ??= this.parts.clock.nowMs(); // before what takes time
    if (encoding === undefined) this.#deliver(message, message.slab, storedBytes);
    else this.#inflate(message, encoding);
  }

  #inflate(message: MessageBody, encoding: Encoding): void {
    const body = message.compressed(encoding, this.stream.connection);
    const job = this.parts.decompression.inflate(body, this.#admissionMs, (result) =>
      this.#inflated(message, result),
    );
    // A refusal may come at once.
    if (job !== undefined && this.#phase === message) this.#phase = { kind: 'inflating', job };
  }

  /** The slab of a refused result is free already. */
  #inflated(message: MessageBody, result: InflationResult): void {
    if (result.kind === 'inflated') {
      this.#deliver(message, result.slab, result.lengthBytes);
    } else {
      this.#phase = ended;
      this.#answerRefusal(result.code, result.message);
    }
  }

  #deliver(message: MessageBody, slab: number, lengthBytes: number): void {
    const { slabs } = this.parts;
    message.slab = slab;
    this.#phase = message;
    const messageBytes = this.toProtobuf(slabs.bodyOffsetBytes(slab), lengthBytes);
    if (messageBytes === undefined) return;
    if (messageBytes !== message.lengthBytes) slabs.shrink(slab, messageBytes);
    this.#accept(slab, messageBytes);
  }

  /** As it came. */
  #deliverRaw(message: MessageBody): void {
    const { slab, storedBytes } = message;
    message.moveToFront();
    this.parts.slabs.shrink(slab, storedBytes);
    this.type = this.#comesAs;
    this.encoding = message.encoding;
    this.#accept(slab, storedBytes);
  }

  #accept(slab: number, lengthBytes: number): void {
    const { slabs, watch, accept } = this.parts;
    this.slab = slab;
    this.bodyOffsetBytes = slabs.bodyOffsetBytes(slab);
    this.bodyLengthBytes = lengthBytes;
    watch.unwatch(this);
    this.#phase = accepted;
    accept(this);
  }

  #answerRefusal(code: ErrorCode, message: string): void {
    const { watch, counters, admission } = this.parts;
    watch.unwatch(this);
    counters.addRefused(code);
    this.#answers.error(this.stream, code, message, admission.retryDelayMs(code));
  }

  /** Gives back what the phase holds. */
  #leave(): void {
    const phase = this.#phase;
    this.parts.watch.unwatch(this);
    this.#phase = ended;
    if (phase.kind === 'waiting') phase.cancel();
    else if (phase.kind === 'body') phase.free();
    else if (phase.kind === 'inflating') phase.job.cancel();
  }
}
