// Connections of several producers over one shard: real connections, real receivers, a real arena
// that holds little, and an engine that answers when it is told to. What must hold after every step
// is in check(), what must hold in the end in finish().

import assert from 'node:assert/strict';
import { ReadCrowd } from '../../src/http2/read-crowd.ts';
import type { IngestCall } from '../../src/ingester/ingest-call.ts';
import { KiB } from '../../src/limits.ts';
import { landingBlockSizeBytes } from '../../src/memory/landing-pool.ts';
import { Http2Rig } from '../support/http2-rig.ts';
import { ReceiverHarness } from '../support/receiver-harness.ts';
import { CreditLedger } from './credit-ledger.ts';
import type { ModelCall } from './model-call.ts';
import { ModelClient } from './model-client.ts';
import { type OpenCall, type Port, requestOf } from './model-requests.ts';

const spanCount = 3;
const largePageCount = 36;
const regionsSizeBytes = spanCount * 257 * KiB + largePageCount * 64 * KiB;

export interface Producer {
  readonly port: Port;
  readonly client: ModelClient;
  readonly ledger: CreditLedger;
}

export class FlowControlModel {
  readonly harness: ReceiverHarness;
  readonly producers: Producer[];
  readonly #gone: Producer[] = [];
  /** So few may be read in vain that others are shut out. */
  readonly #crowd = new ReadCrowd(2);
  acceptedCount = 0;
  okCount = 0;
  refusedCount = 0;
  pausedCount = 0;

  constructor(ports: readonly Port[], landingSizeBytes = 256 * KiB) {
    this.harness = new ReceiverHarness({ spanCount, largePageCount, landingSizeBytes });
    this.producers = ports.map((port) => this.#connect(port));
  }

  /** One connection more. */
  add(port: Port): Producer {
    const producer = this.#connect(port);
    this.producers.push(producer);
    return producer;
  }

  open(index: number, count: number, call: OpenCall): void {
    const { client, port } = this.#producer(index);
    for (let opened = 0; opened < count; opened += 1) client.open(requestOf(port, call));
  }

  send(index: number, which: number, sizeBytes: number, frameSizeBytes: number): void {
    this.#withCall(index, which, (client, call) => client.send(call, sizeBytes, frameSizeBytes));
  }

  /** All calls of a connection send what they may; so much of it arrives. */
  pump(index: number, sizeBytes: number): void {
    this.#producer(index).client.pump(sizeBytes);
    this.settle();
  }

  cutOff(index: number, which: number): void {
    this.#withCall(index, which, (client, call) => client.cutOff(call));
  }

  cancel(index: number, which: number): void {
    this.#withCall(index, which, (client, call) => client.cancel(call));
  }

  deliver(index: number, sizeBytes: number, chunkSizeBytes: number): void {
    this.#producer(index).client.deliver(sizeBytes, chunkSizeBytes);
    this.settle();
  }

  ping(index: number): void {
    this.#producer(index).client.ping();
  }

  /** Its socket is gone; the producer comes back with a new one. */
  lose(index: number): void {
    const at = index % this.producers.length;
    const lost = this.#producer(index);
    lost.client.rig.close();
    this.#gone.push(lost);
    this.producers[at] = this.#connect(lost.port);
    assert.equal(lost.ledger.streams.size, 0, 'a stream without a connection');
  }

  wait(ms: number): void {
    for (const { client } of this.producers) client.deliverFrame();
    this.harness.clock.advance(ms);
    this.settle();
  }

  /** The engine is done with one of its calls, not always the oldest. */
  answer(which: number): void {
    const { accepted } = this.harness;
    const [call] = accepted.splice(which % Math.max(1, accepted.length), 1);
    if (call === undefined) return;
    this.#checkMessage(call);
    this.acceptedCount += 1;
    accepted.unshift(call);
    this.harness.finishOldest();
    this.settle();
  }

  /** Inflation in other threads is waited for, so that a run can be repeated. */
  async turn(): Promise<void> {
    do await this.harness.turn();
    while (this.harness.decompression.runningCount > 0);
    this.settle();
  }

  /** What can be said now is said, and heard. */
  settle(): void {
    let isNews = true;
    while (isNews) {
      isNews = false;
      for (const { client } of this.producers) isNews = client.read() || isNews;
    }
  }

  check(): void {
    this.settle(); // slabs are granted between two steps
    for (const producer of this.producers) this.#checkConnection(producer);
    this.#checkArena();
  }

  /** Everybody goes on, but for time: a timeout must not save anybody. */
  async finish(): Promise<void> {
    let idleTurns = 0;
    while (!this.#isFinished) {
      const before = this.#progress();
      for (const index of this.producers.keys()) {
        this.pump(index, Number.MAX_SAFE_INTEGER);
        this.check();
      }
      while (this.harness.accepted.length > 0) this.answer(0);
      await this.turn();
      this.check();
      idleTurns = this.#progress() === before ? idleTurns + 1 : 0;
      assert.ok(idleTurns < 5, `all wait for each other: ${this.#state()}`);
    }
    this.#checkRest();
    this.#checkNothingExpected();
    for (const { client } of this.producers) client.rig.close();
    this.#checkNothingExpected();
  }

  get #isFinished(): boolean {
    const isIdle = this.producers.every(
      ({ client }) => client.openCalls.length === 0 && client.isHeard,
    );
    return isIdle && this.harness.accepted.length === 0;
  }

  #checkConnection({ client, ledger }: Producer): void {
    const { rig } = client;
    const { credit } = rig.connection;
    assert.deepEqual([rig.socket.isEnded, rig.socket.isDestroyed], [false, false]);
    assert.equal(credit.heldBytes, ledger.heldBytes, 'held');
    assert.ok(credit.promisedBytes <= ledger.expectedBytes, 'promised more than there is room for');
    ledger.check();
    if (rig.socket.isPaused) this.pausedCount += 1;
    if (rig.socket.isPaused) return; // what it has read of the wire nobody knows
    assert.equal(credit.outstandingBytes, client.creditBytes, 'two books, two balances');
    const owedBytes = ledger.targetBytes;
    assert.ok(2 * credit.outstandingBytes >= owedBytes || !client.isHeard, 'credit is kept back');
    if (!client.isHeard) return;
    assert.equal(credit.promisedBytes, ledger.expectedBytes, 'promised');
    assert.equal(client.pingsAwaitedCount, 0, 'a PING without an answer');
  }

  #checkArena(): void {
    const { slabs, landing, accepted } = this.harness;
    const streams = this.producers.flatMap(({ ledger }) => [...ledger.streams]);
    const open = streams.filter((stream) => !stream.isAnswered);
    assert.ok(slabs.reservedBytes <= regionsSizeBytes, 'more reserved than there is');
    // All that is expected, and all that came and is not held, has its place in a slab; but for the
    // prefix of gRPC, and for the byte that asks for a longer slab.
    let coveredBytes = 0;
    for (const { requestEnded, expectedBytes, deliveredBytes, heldBytes } of open) {
      const storedBytes = requestEnded ? 0 : deliveredBytes - heldBytes;
      coveredBytes += Math.max(0, expectedBytes + storedBytes - 5);
    }
    assert.ok(coveredBytes <= slabs.reservedBytes, 'credit without a slab');

    const heldBytes = streams.reduce((sum, stream) => sum + stream.heldBytes, 0);
    const landedBytes = landing.sizeBytes - landing.freeBytes;
    const waiting = streams.filter((stream) => stream.heldBytes > 0);
    assert.ok(heldBytes <= landedBytes, 'held bytes that are nowhere');
    const roundedBytes = heldBytes + waiting.length * landingBlockSizeBytes;
    assert.ok(landedBytes <= roundedBytes, 'landed bytes that nobody holds');
    if (open.length > 0 || accepted.length > 0) return;
    assert.equal(this.harness.isAtRest, true, 'something is held without a message');
  }

  #checkRest(): void {
    assert.equal(this.harness.isAtRest, true, 'something is held by nobody');
    for (const { client } of this.producers) {
      const { connection, abuse } = client.rig;
      const { heldBytes, promisedBytes, outstandingBytes } = connection.credit;
      assert.equal(connection.openStreamCount, 0);
      assert.deepEqual([heldBytes, promisedBytes], [0, 0]);
      assert.ok(outstandingBytes > 32 * KiB, 'credit is lost');
      const cutOffCount = [...client.calls.values()].filter((call) => call.isCutOff).length;
      const { FrameSyntax: syntaxCount = 0, ...others } = abuse;
      assert.deepEqual(others, {});
      assert.ok(syntaxCount <= cutOffCount);
    }
    for (const { client } of [...this.#gone, ...this.producers]) {
      for (const call of client.calls.values()) {
        if (call.isCancelled || !call.isOver) continue;
        if (call.isOk) this.okCount += 1;
        else this.refusedCount += 1;
      }
    }
  }

  /** Nobody is counted among those who may send more, or has a place. */
  #checkNothingExpected(): void {
    const { landing } = this.harness;
    const halfBytes = landing.sizeBytes / 2;
    landing.expect(halfBytes); // no part of the pool is kept beside it
    assert.equal(landing.roomBytes, halfBytes, 'something is expected');
    landing.expect(-halfBytes);
    const { newcomers } = landing;
    assert.deepEqual([newcomers.holderCount, newcomers.isNew('CN=rig')], [0, true]);
  }

  #checkMessage(accepted: IngestCall): void {
    for (const { client, ledger } of this.producers) {
      for (const stream of ledger.streams) {
        const handler: unknown = stream.handler;
        if (handler !== accepted) continue;
        const { request, sentBytes } = client.calls.get(stream.id)!; // all are there
        const wholeSizeBytes = request.message.length;
        const isWhole = request.isCompressed || sentBytes === request.body.length;
        const sizeBytes = isWhole ? wholeSizeBytes : sentBytes;
        const body = this.harness.bodyOf(accepted);
        assert.ok(request.message.subarray(0, sizeBytes).equals(body), 'not what was sent');
        return;
      }
    }
  }

  #connect(port: Port): Producer {
    const { harness } = this;
    const { accept } = port === 'grpc' ? harness.receiver : harness.httpReceiver;
    const ledger = new CreditLedger(() => rig.connection.credit.outstandingBytes);
    const shared = { clock: harness.clock, landing: harness.landing, crowd: this.#crowd };
    const rig: Http2Rig = new Http2Rig({ accept: ledger.watch(accept), ...shared });
    return { port, client: new ModelClient(rig), ledger };
  }

  #producer(index: number): Producer {
    return this.producers[index % this.producers.length]!; // one has to be there
  }

  #withCall(index: number, which: number, act: (client: ModelClient, call: ModelCall) => void) {
    const { client } = this.#producer(index);
    const calls = client.openCalls;
    const call = calls[which % Math.max(1, calls.length)];
    if (call !== undefined) act(client, call);
  }

  #progress(): string {
    const { slabs, landing, accepted, decompression } = this.harness;
    const producers = this.producers.map(({ client, ledger }) => {
      const delivered = [...ledger.streams].map((stream) => stream.deliveredBytes);
      const { openCalls, wireSizeBytes, creditBytes, rig } = client;
      return [openCalls.length, wireSizeBytes, creditBytes, rig.socket.isPaused, ...delivered];
    });
    return JSON.stringify([
      slabs.reservedBytes,
      landing.freeBytes,
      accepted.length,
      decompression.runningCount,
      producers,
    ]);
  }

  #state(): string {
    const connections = this.producers.map(({ client, ledger }) => {
      const { isPaused } = client.rig.socket;
      const { heldBytes, promisedBytes, outstandingBytes } = client.rig.connection.credit;
      const streams = [...ledger.streams].map(
        (stream) =>
          `${stream.id}: ${stream.deliveredBytes} came, ${stream.heldBytes} held, ${stream.expectedBytes} expected, ${stream.requestEnded ? 'ended' : 'open'}`,
      );
      const books = `paused ${isPaused}, wire ${client.wireSizeBytes}, held ${heldBytes}, promised ${promisedBytes}, outstanding ${outstandingBytes}`;
      return `${books}\n    ${streams.join('\n    ')}`;
    });
    const { slabs, landing, admission } = this.harness;
    return `reserved ${slabs.reservedBytes}, landing free ${landing.freeBytes}, waiting ${admission.waitingCount}\n  ${connections.join('\n  ')}`;
  }
}
