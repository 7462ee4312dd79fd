// Watches of the status: one feed for all of them, whose pace is that of the zone. A reader that is
// slow misses some, and nothing is kept for it.

import { create } from '@bufbuild/protobuf';
import type { Clock } from '../clock.ts';
import {
  type WatchStatusResponse,
  WatchStatusResponseSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { Zone } from '../memory/zone-word.ts';
import type { EngineView } from './engine-view.ts';
import { StatusFeed, type Subscription } from './status-feed.ts';
import { statusMessage } from './status-message.ts';
import type { WatchStream } from './watch-stream.ts';
import type { WatchStreams } from './watch-streams.ts';
import { wireZone } from './zone-message.ts';

const intervalMs = 1_000;

export class StatusWatch {
  readonly #clock: Clock;
  readonly #streams: WatchStreams;
  /** Of the engine that was watched last; an engine has one view as long as it lives. */
  #watched:
    | { readonly view: EngineView; readonly feed: StatusFeed<WatchStatusResponse> }
    | undefined;

  constructor(clock: Clock, streams: WatchStreams) {
    this.#clock = clock;
    this.#streams = streams;
  }

  /** The first message at once, so that a client need not ask for the status as well. */
  open(view: EngineView, signal: AbortSignal): WatchStream<WatchStatusResponse> {
    let subscription: Subscription | undefined;
    const stream = this.#streams.open<WatchStatusResponse>({
      signal,
      first: () => [this.#now(view)],
      unreadMax: 0,
      ended: () => subscription?.close(),
    });
    subscription = this.#feed(view).subscribe({
      snapshot: (message) => stream.push(message),
      heartbeat: (zone) => stream.push(heartbeatMessage(zone)),
      isBusy: () => stream.isBusy,
    });
    return stream;
  }

  #feed(view: EngineView): StatusFeed<WatchStatusResponse> {
    if (this.#watched?.view !== view) {
      const feed = new StatusFeed({
        ...{ clock: this.#clock, intervalMs },
        zone: () => view.zonePage.zone.get(),
        read: () => snapshotMessage(view, this.#clock),
      });
      this.#watched = { view, feed };
    }
    return this.#watched.feed;
  }

  #now(view: EngineView): WatchStatusResponse {
    const zone = view.zonePage.zone.get();
    return zone === Zone.Red ? heartbeatMessage(zone) : snapshotMessage(view, this.#clock);
  }
}

function snapshotMessage(view: EngineView, clock: Clock): WatchStatusResponse {
  const value = statusMessage(view, clock);
  return create(WatchStatusResponseSchema, { event: { case: 'status', value } });
}

function heartbeatMessage(zone: Zone): WatchStatusResponse {
  return create(WatchStatusResponseSchema, { event: { case: 'heartbeat', value: wireZone(zone) } });
}
