// Scenario: clients open watches of status and events, read them or do not, go away or close them,
// while zones change, operators act, alone and in bursts, and time passes.
// Guarantees: never more watches than may be, and a caller too many is told; one timer for each
// kind of watch, none without watches; nothing is kept for a slow reader of the status, who gets
// the newest one; a reader of events gets each once, in order and without a gap, or is told that it
// fell behind, and that only if more than 200 waited for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import fc from 'fast-check';
import { ControlRig } from '../../test/support/control-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { WatchReader } from '../../test/support/watch-reader.ts';
import { unreachable } from '../assert.ts';
import {
  WatchEventsRequestSchema,
  type WatchEventsResponse,
  WatchEventsResponseSchema,
  WatchStatusRequestSchema,
  type WatchStatusResponse,
  WatchStatusResponseSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { watchStreamsMax } from '../limits.ts';
import { type ControlEvent, eventList, eventsMax, lastEvents } from './event-list.ts';

type Command =
  | { readonly kind: 'status' }
  | { readonly kind: 'events'; readonly last: number }
  | { readonly kind: 'read' | 'abort' | 'return'; readonly at: number }
  | { readonly kind: 'read-all' }
  | { readonly kind: 'mutate'; readonly count: number }
  | { readonly kind: 'zone'; readonly zone: 'green' | 'yellow' | 'red' }
  | { readonly kind: 'advance'; readonly ms: number };

const at = fc.nat({ max: 40 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Command>({ kind: 'status' }) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(0, 0, 1, 7, 1_000)
      .map((last): Command => ({ kind: 'events', last })),
  },
  { weight: 6, arbitrary: at.map((index): Command => ({ kind: 'read', at: index })) },
  { weight: 3, arbitrary: fc.constant<Command>({ kind: 'read-all' }) },
  { weight: 1, arbitrary: at.map((index): Command => ({ kind: 'abort', at: index })) },
  { weight: 1, arbitrary: at.map((index): Command => ({ kind: 'return', at: index })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(1, 1, 3, 99, 150)
      .map((count): Command => ({ kind: 'mutate', count })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('green' as const, 'yellow' as const, 'red' as const)
      .map((zone): Command => ({ kind: 'zone', zone })),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(1, 400, 1_000).map((ms): Command => ({ kind: 'advance', ms })),
  },
);

/** Of all there ever were. */
interface Counts {
  readonly zones: number;
  readonly mutations: number;
}

interface Watched {
  readonly kind: 'status' | 'events';
  readonly reader: WatchReader;
  /** Names of the events that it began with, and how many there had been. */
  readonly first: readonly string[];
  readonly before: Counts;
}

class Model {
  readonly #rig = new ControlRig();
  readonly #watches: Watched[] = [];
  readonly #fallenBehind = new Set<Watched>();
  /** Names of all mutations there ever were. */
  readonly #mutations: string[] = [];
  #zoneCount = 0;

  async run(commands: readonly Command[]): Promise<void> {
    for (const next of commands) {
      const statusCounts = this.#watches.map(({ reader }) => reader.received.length);
      await this.#do(next);
      await settled();
      this.#checkBounds();
      this.#checkFresh(statusCounts);
    }
    await this.#checkEvents();
    for (const { reader } of this.#watches) reader.abort();
    await settled();
    assert.equal(this.#rig.clock.pendingCount, 0, 'no timer without watches');
    for (let count = 0; count < watchStreamsMax; count += 1) this.#open('status', 0);
    assert.throws(() => this.#open('events', 0), busy);
  }

  #do(next: Command): Promise<void> | void {
    switch (next.kind) {
      case 'status':
        return this.#tryOpen('status', 0);
      case 'events':
        return this.#tryOpen('events', next.last);
      case 'read':
        return this.#watches[next.at]?.reader.read();
      case 'read-all':
        for (const { reader } of this.#watches) reader.read();
        return;
      case 'abort':
        return this.#watches[next.at]?.reader.abort();
      case 'return':
        return this.#watches[next.at]?.reader.close();
      case 'mutate':
        for (let count = 0; count < next.count; count += 1) {
          this.#rig.mutate(`m${this.#mutations.length}`);
          this.#mutations.push(`m${this.#mutations.length}`);
        }
        return;
      case 'zone':
        return this.#rig.override(next.zone, `z${this.#zoneCount++}`);
      case 'advance':
        return this.#rig.clock.advance(next.ms);
      default:
        return unreachable(next, 'command');
    }
  }

  #tryOpen(kind: Watched['kind'], last: number): void {
    const openCount = this.#watches.filter(({ reader }) => reader.stream.isOpen).length;
    if (openCount < watchStreamsMax) this.#open(kind, last);
    else assert.throws(() => this.#open(kind, last), busy);
  }

  #open(kind: Watched['kind'], last: number): void {
    const { service, monitor, audit } = this.#rig;
    const reader =
      kind === 'status'
        ? new WatchReader('watchStatus', (context) =>
            service.watchStatus(create(WatchStatusRequestSchema), context),
          )
        : new WatchReader('watchEvents', (context) =>
            service.watchEvents(create(WatchEventsRequestSchema, { last }), context),
          );
    const kept = lastEvents(eventList(monitor.history(), audit.mutations()), last);
    this.#watches.push({ kind, reader, first: kept.map(keptName), before: this.#counts() });
  }

  #counts(): Counts {
    return { zones: this.#rig.monitor.history().length, mutations: this.#mutations.length };
  }

  /** Events that have come for this watch and that it has not read. */
  #unreadCount({ before, first, reader }: Watched): number {
    const now = this.#counts();
    const come = now.zones - before.zones + now.mutations - before.mutations;
    return come - Math.max(0, reader.received.length - first.length);
  }

  #checkBounds(): void {
    const open = this.#watches.filter(({ reader }) => reader.stream.isOpen);
    assert.ok(open.length <= watchStreamsMax, `${open.length} watches`);
    const kinds = new Set(open.map(({ kind }) => kind));
    assert.equal(this.#rig.clock.pendingCount, kinds.size, 'one timer for each kind of watch');
    for (const { kind, reader, first } of open) {
      const { unreadCount } = reader.stream;
      const unreadMax = kind === 'status' ? 1 : first.length + eventsMax;
      assert.ok(unreadCount <= unreadMax, `${unreadCount} of ${kind} unread`);
    }
    const gone = this.#watches.filter(({ reader }) => !reader.stream.isOpen && !reader.isClosed);
    for (const watched of gone.filter((one) => !this.#fallenBehind.has(one))) {
      this.#fallenBehind.add(watched);
      assert.equal(watched.kind, 'events');
      assert.ok(this.#unreadCount(watched) > eventsMax, 'fell behind without a reason');
      assert.equal(watched.reader.stream.unreadCount, 0);
    }
  }

  /** @param before how many messages each watch had read before the last command */
  #checkFresh(before: readonly number[]): void {
    const wallMs = this.#rig.clock.wallMs();
    for (const [index, { kind, reader }] of this.#watches.entries()) {
      // The first was made when the watch was opened.
      const from = Math.max(1, before[index] ?? 0);
      for (const message of kind === 'status' ? reader.received.slice(from) : []) {
        const ageMs = wallMs - statusMs(message, wallMs);
        assert.ok(ageMs <= 1_000, `the newest status, not one of ${ageMs} ms ago`);
      }
    }
  }

  /** All has been read in the end, or the reader was told. */
  async #checkEvents(): Promise<void> {
    this.#rig.clock.advance(1_000);
    this.#checkBounds();
    const open = this.#watches.filter(({ kind, reader }) => kind === 'events' && !reader.isClosed);
    const readMax = open.reduce((sum, { reader }) => sum + reader.stream.unreadCount + 1, 0);
    for (let count = 0; count < readMax; count += 1) {
      for (const { reader } of open) reader.read();
      await Promise.resolve();
    }
    await settled();
    for (const watched of open) {
      const names = watched.reader.received.map(receivedName);
      const firstCount = Math.min(watched.first.length, names.length);
      assert.deepEqual(names.slice(0, firstCount), watched.first.slice(0, firstCount));
      const told = names.slice(firstCount);
      const isWhole = !this.#fallenBehind.has(watched);
      const zones = this.#rig.monitor.history().map(({ override }) => `${override?.reason}`);
      checkRun(told, 'z', zones.slice(watched.before.zones), isWhole);
      checkRun(told, 'm', this.#mutations.slice(watched.before.mutations), isWhole);
      assert.equal(watched.reader.end === undefined, isWhole, 'told that it fell behind');
      assert.ok(isWhole || isBusyFault(watched.reader.end?.fault));
    }
  }
}

/** Those of `told` that begin with `letter` are the beginning of `all`, or all of it. */
function checkRun(
  told: readonly string[],
  letter: string,
  all: readonly string[],
  isWhole: boolean,
) {
  const names = told.filter((name) => name.startsWith(letter));
  assert.deepEqual(names, isWhole ? all : all.slice(0, names.length));
}

const busy = { code: Code.ResourceExhausted, rawMessage: /^CONTROL_BUSY: 16 watches are open/ };

function isBusyFault(fault: unknown): boolean {
  return fault instanceof ConnectError && /^CONTROL_BUSY: .* fell behind/.test(fault.rawMessage);
}

function keptName(event: ControlEvent): string {
  return event.kind === 'zone' ? `${event.transition.override?.reason}` : event.mutation.reason;
}

function receivedName(message: unknown): string {
  // It came out of a watch of events; create() leaves a message as it is.
  const { event } = create(WatchEventsResponseSchema, message as WatchEventsResponse);
  return event?.event.value?.reason ?? '';
}

/** When a status was made; a heartbeat has no age. */
function statusMs(message: unknown, nowMs: number): number {
  const { event } = create(WatchStatusResponseSchema, message as WatchStatusResponse); // as above
  const time = event.case === 'status' ? event.value.time : undefined;
  return time === undefined ? nowMs : timestampMs(time);
}

/** Every answer that is on its way has arrived. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('watchStatus() and watchEvents() hold their bounds, whatever clients do', async (context) => {
  const seed = testSeed(context);
  const property = fc.asyncProperty(
    fc.array(command, { minLength: 10, maxLength: 80, size: 'max' }),
    (commands) => new Model().run(commands),
  );
  await fc.assert(property, { seed, numRuns: 100 });
});
