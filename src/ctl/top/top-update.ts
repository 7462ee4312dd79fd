// What the engine tells, and how the state of the screen follows it.

import type {
  Event,
  GetLedgerResponse,
  Status,
  Zone,
} from '../../generated/gophership/control/v1/control_pb.js';
import { paceBetween, type Sample, sampleBetween, withSamples } from './samples.ts';
import type { Live, TopState } from './top-state.ts';

export type Told =
  | { readonly kind: 'status'; readonly status: Status; readonly nowMs: number }
  | { readonly kind: 'heartbeat'; readonly zone: Zone }
  | { readonly kind: 'history'; readonly samples: readonly Sample[]; readonly continues: boolean }
  | { readonly kind: 'event'; readonly event: Event }
  /** The engine's list begins again. */
  | { readonly kind: 'events-begin' }
  | { readonly kind: 'ledger'; readonly ledger: GetLedgerResponse }
  | { readonly kind: 'role'; readonly role: string | undefined }
  | { readonly kind: 'lost'; readonly why: string; readonly againMs: number }
  /** It will be asked; whether it answers shows in what it tells. */
  | { readonly kind: 'target'; readonly address: string };

/** `hasHistory`: the engine keeps one, so that statuses are no samples. */
export function toldState(state: TopState, told: Told, hasHistory: boolean): TopState {
  return { ...state, live: toldLive(state.live, told, hasHistory) };
}

/** As many as the engine keeps. */
export const eventsMax = 200;

function toldLive(live: Live, told: Told, hasHistory: boolean): Live {
  switch (told.kind) {
    case 'status':
      return withStatus({ ...live, link: open }, told.status, told.nowMs, hasHistory);
    case 'heartbeat':
      return { ...live, link: open, pausedIn: told.zone };
    case 'history':
      return { ...live, samples: withSamples(told.continues ? live.samples : [], told.samples) };
    case 'events-begin':
      return { ...live, events: [] };
    case 'event':
      return { ...live, events: [...live.events, told.event].slice(-eventsMax) };
    case 'ledger':
      return { ...live, ledger: told.ledger };
    case 'role':
      return { ...live, role: told.role };
    case 'lost':
      return { ...live, link: { kind: 'lost', why: told.why, againMs: told.againMs } };
    case 'target':
      return { ...live, address: told.address };
    default:
      return told satisfies never;
  }
}

const open = { kind: 'open' } as const;

function withStatus(live: Live, status: Status, statusMs: number, hasHistory: boolean): Live {
  // After a pause there is nothing that the status goes on from.
  const before = live.pausedIn === undefined ? live.status : undefined;
  const pace = before && paceBetween(before, status);
  const sample = before && !hasHistory ? sampleBetween(before, status) : undefined;
  const samples = sample === undefined ? live.samples : withSamples(live.samples, [sample]);
  return { ...live, status, statusMs, pace, pausedIn: undefined, samples };
}
