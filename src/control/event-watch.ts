// Watches of the events: what is kept comes first, then each event as it comes. One that cannot be
// handed over is not left out in silence: the watch ends, and the client may list them again.

import { create } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import type { Clock, Timer } from '../clock.ts';
import {
  type WatchEventsResponse,
  WatchEventsResponseSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import type { Transition } from '../monitor/zone-history.ts';
import type { Audit, AuditedMutation } from './audit-log.ts';
import type { EngineView } from './engine-view.ts';
import { type ControlEvent, eventList, eventsMax, lastEvents, mergedEvents } from './event-list.ts';
import { eventMessage } from './event-message.ts';
import { rpcFault } from './rpc-fault.ts';
import type { WatchStream } from './watch-stream.ts';
import type { WatchStreams } from './watch-streams.ts';

export interface EventWatchParts {
  readonly clock: Clock;
  readonly audit: Audit;
  readonly streams: WatchStreams;
}

/** For one watch, apart from those that it began with: as many as are kept anyway. */
const unreadEventsMax = eventsMax;
/** Of looking for changes of the zone: the monitor tells nobody. */
const lookIntervalMs = 1_000;

export class EventWatch {
  readonly #parts: EventWatchParts;
  readonly #watches = new Set<WatchStream<WatchEventsResponse>>();
  #view: EngineView | undefined;
  /** The newest that every watch has been told, or began with. */
  #transition: Transition | undefined;
  #mutation: AuditedMutation | undefined;
  #timer: Timer | undefined;
  #mutations: { close(): void } | undefined;

  constructor(parts: EventWatchParts) {
    this.#parts = parts;
  }

  /** @param last so many of those that are kept come first; 0: all */
  open(view: EngineView, last: number, signal: AbortSignal): WatchStream<WatchEventsResponse> {
    // Whoever watches already is told what is new; then all stand at the same place.
    this.#tell();
    const stream = this.#parts.streams.open<WatchEventsResponse>({
      signal,
      first: () => lastEvents(this.#begin(view), last).map(eventResponse),
      unreadMax: unreadEventsMax,
      ended: () => this.#left(stream),
    });
    this.#watches.add(stream);
    if (this.#watches.size === 1) this.#start();
    return stream;
  }

  /** All that is kept; what comes after it is told. */
  #begin(view: EngineView): readonly ControlEvent[] {
    this.#view = view;
    const transitions = view.monitor.history();
    const mutations = this.#parts.audit.mutations();
    this.#note(transitions, mutations);
    return eventList(transitions, mutations);
  }

  #start(): void {
    this.#mutations = this.#parts.audit.onMutation(() => this.#tell());
    this.#wait();
  }

  #wait(): void {
    this.#timer = this.#parts.clock.after(lookIntervalMs, () => {
      this.#wait();
      this.#tell();
    });
  }

  #left(stream: WatchStream<WatchEventsResponse>): void {
    this.#watches.delete(stream);
    if (this.#watches.size > 0) return;
    this.#timer?.cancel();
    this.#mutations?.close();
  }

  #tell(): void {
    if (this.#view === undefined || this.#watches.size === 0) return;
    const transitions = this.#view.monitor.history();
    const mutations = this.#parts.audit.mutations();
    const changes = after(transitions, this.#transition);
    const asked = after(mutations, this.#mutation);
    const news = changes && asked && mergedEvents(changes, asked).map(eventResponse);
    this.#note(transitions, mutations);
    for (const watch of [...this.#watches]) {
      if (news?.every((message) => watch.push(message)) !== true) watch.end(fellBehind());
    }
  }

  #note(transitions: readonly Transition[], mutations: readonly AuditedMutation[]): void {
    this.#transition = transitions.at(-1);
    this.#mutation = mutations.at(-1);
  }
}

/** What came after `last`; undefined: more than is kept. */
function after<T>(list: readonly T[], last: T | undefined): readonly T[] | undefined {
  if (last === undefined) return list;
  const index = list.lastIndexOf(last);
  return index === -1 ? undefined : list.slice(index + 1);
}

function eventResponse(event: ControlEvent): WatchEventsResponse {
  return create(WatchEventsResponseSchema, { event: eventMessage(event) });
}

function fellBehind(): ConnectError {
  return rpcFault('CONTROL_BUSY', `the watch fell behind by more than ${unreadEventsMax} events`);
}
