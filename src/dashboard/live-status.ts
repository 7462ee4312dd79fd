// What the engine does, kept up to date: one stream of statuses or, where that stream is not to be
// had, the same by asking. Whatever breaks is tried again, slower each time; in Red the engine
// sends heartbeats only, and the last status gets old.

import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { StatusJson } from '../generated/gophership/control/v1/control_pb.js';
import { asFault, type CallFault } from './call-fault.ts';
import type { PageClock } from './page-clock.ts';
import type { Streams } from './procedures.ts';
import type { ProxyClient } from './proxy-client.ts';
import { retryDelayMs } from './retry-delay.ts';
import { slowStatusIntervalMs, statusIntervalMs, type Timed } from './timed.ts';
import { type ZoneWord, zoneWord } from './zone-word.ts';

export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Red: the engine is there and sends no figures. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'lost'; readonly fault: CallFault; readonly sinceMs: number }
  /** Nothing that this page does brings it back. */
  | { readonly kind: 'over'; readonly fault: CallFault };

/** 'rest': nobody looks at the page. */
export type Way = 'watch' | 'poll' | 'rest';

export interface LiveStatusParts {
  readonly client: Pick<ProxyClient, 'call' | 'stream'>;
  readonly clock: PageClock;
  /** From 0 to 1. */
  random(): number;
}

export class LiveStatus {
  readonly #parts: LiveStatusParts;
  readonly #status = signal<Timed<StatusJson> | undefined>(undefined);
  readonly #zone = signal<ZoneWord>('unknown');
  readonly #link: Signal<Link> = signal({ kind: 'connecting' });
  #way: Way = 'watch';
  #turn = new AbortController();

  constructor(parts: LiveStatusParts) {
    this.#parts = parts;
  }

  /** The last one; undefined: none yet. */
  get status(): ReadonlySignal<Timed<StatusJson> | undefined> {
    return this.#status;
  }

  /** The last one that the engine has named, also by a heartbeat. */
  get zone(): ReadonlySignal<ZoneWord> {
    return this.#zone;
  }

  get link(): ReadonlySignal<Link> {
    return this.#link;
  }

  /** How statuses come from now on. */
  take(way: Way): void {
    if (way === this.#way) return;
    this.#way = way;
    this.#turn.abort();
  }

  /** Asks for a status once, whatever the zone is; the next ones come as before. */
  async askOnce(): Promise<void> {
    const { client, clock } = this.#parts;
    try {
      const { status } = await client.call('ControlService/GetStatus', {});
      if (status !== undefined) this.#status.value = { value: status, atMs: clock.nowMs() };
    } catch (error) {
      this.#lose(asFault(error));
    }
  }

  /** Until `end`, or until the session has ended. */
  async run(end: AbortSignal): Promise<void> {
    let failures = 0;
    while (!end.aborted) {
      this.#turn = new AbortController();
      const turn = AbortSignal.any([end, this.#turn.signal]);
      const isAnswered = () => {
        failures = 0;
      };
      try {
        await this.#follow(turn, isAnswered);
      } catch (error) {
        if (turn.aborted) continue;
        const fault = asFault(error);
        if (fault.kind === 'ended') {
          this.#link.value = { kind: 'over', fault };
          return;
        }
        this.#lose(fault);
        await this.#pause(retryDelayMs(failures, this.#parts.random()), turn);
        failures += 1;
      }
    }
  }

  async #follow(turn: AbortSignal, answered: () => void): Promise<void> {
    if (this.#way === 'rest') return this.#pause(Number.POSITIVE_INFINITY, turn);
    if (this.#way === 'poll') return this.#poll(turn, answered);
    try {
      await this.#watch(turn, answered);
    } catch (error) {
      // As many streams as there may be are open, in other tabs: asking holds no connection.
      if (asFault(error).kind !== 'busy') throw error;
      await this.#poll(turn, answered);
    }
  }

  async #watch(turn: AbortSignal, answered: () => void): Promise<void> {
    const { client, clock } = this.#parts;
    const silence = new AbortController();
    const listen = () => clock.after(silenceMsMax, () => silence.abort());
    let timer = listen();
    try {
      const signal = AbortSignal.any([turn, silence.signal]);
      for await (const message of client.stream('ControlService/WatchStatus', {}, signal)) {
        timer.cancel();
        timer = listen();
        answered();
        this.#hear(message);
      }
    } finally {
      timer.cancel();
    }
    // The engine ends it when it stops or restarts.
    throw asFault(new Error('the engine has ended the stream'));
  }

  async #poll(turn: AbortSignal, answered: () => void): Promise<void> {
    while (!turn.aborted) {
      const { status } = await this.#parts.client.call('ControlService/GetStatus', {});
      if (turn.aborted) return;
      answered();
      const zone = zoneWord(status?.zone?.zone);
      // As the stream does: figures would cost an engine in Red what it needs.
      if (zone === 'red') this.#hear({ heartbeat: 'ZONE_RED' });
      else if (status !== undefined) this.#hear({ status });
      await this.#pause(zone === 'green' ? statusIntervalMs : slowStatusIntervalMs, turn);
    }
  }

  #hear({ status, heartbeat }: Streams['ControlService/WatchStatus'][1]): void {
    if (status !== undefined) {
      this.#zone.value = zoneWord(status.zone?.zone);
      this.#become('live');
      this.#status.value = { value: status, atMs: this.#parts.clock.nowMs() };
    } else {
      this.#zone.value = zoneWord(heartbeat);
      this.#become('paused');
    }
  }

  /** Those who look at the link hear of changes only. */
  #become(kind: 'live' | 'paused'): void {
    if (this.#link.peek().kind !== kind) this.#link.value = { kind };
  }

  #lose(fault: CallFault): void {
    const link = this.#link.value;
    const sinceMs = link.kind === 'lost' ? link.sinceMs : this.#parts.clock.nowMs();
    this.#link.value = { kind: 'lost', fault, sinceMs };
  }

  /** Resolves early when `turn` is aborted. */
  #pause(delayMs: number, turn: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (turn.aborted) return resolve();
      const timer =
        delayMs === Number.POSITIVE_INFINITY
          ? undefined
          : this.#parts.clock.after(delayMs, resolve);
      turn.addEventListener('abort', () => {
        timer?.cancel();
        resolve();
      });
    });
  }
}

/** Two heartbeats, and a host that is busy. */
const silenceMsMax = 15_000;
