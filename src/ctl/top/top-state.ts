// Everything that a frame of `gs-ctl top` is made from: what the engine has told, and what whoever
// looks at it has chosen. Plain values: a new state for each thing that happens.

import type {
  Event,
  GetLedgerResponse,
  Status,
  Zone,
} from '../../generated/gophership/control/v1/control_pb.js';
import type { Dialog } from './dialog.ts';
import type { Pace, Sample } from './samples.ts';

export interface TopState {
  /** As it is now; shown, unless the screen is frozen. */
  readonly live: Live;
  readonly view: View;
  /** The one that the arrow keys move. */
  readonly pane: Pane;
  /** Lines that each pane has been moved by. */
  readonly scroll: Readonly<Record<Scrolled, number>>;
  /** Signals whose names have this in them. */
  readonly filter: string;
  /** The filter is being typed. */
  readonly isTyping: boolean;
  readonly dialog: Dialog | undefined;
  /** One line about what was done or cannot be done, until it is too old. */
  readonly notice: Notice | undefined;
  /** What was there when somebody stopped the screen. */
  readonly frozen: Live | undefined;
}

export interface Live {
  /** host:port */
  readonly address: string;
  readonly link: Link;
  readonly status: Status | undefined;
  /** Of Clock.nowMs(): when that status came. */
  readonly statusMs: number;
  /** Between the last two statuses. */
  readonly pace: Pace | undefined;
  /** Red: the engine tells only its zone. */
  readonly pausedIn: Zone | undefined;
  /** The last minute and a half. */
  readonly samples: readonly Sample[];
  /** Oldest first. */
  readonly events: readonly Event[];
  readonly ledger: GetLedgerResponse | undefined;
  /** "viewer", "operator"; undefined: the engine is too old to say. */
  readonly role: string | undefined;
}

export type Link =
  | { readonly kind: 'open' }
  | { readonly kind: 'lost'; readonly why: string; readonly againMs: number };

export type View = 'main' | 'help' | 'events' | 'ledger';

export const panes = ['signals', 'destinations', 'events'] as const;
export type Pane = (typeof panes)[number];
export type Scrolled = Pane | 'ledger' | 'help';

export interface Notice {
  readonly text: string;
  readonly kind: 'done' | 'fault';
  readonly untilMs: number;
}

export function initialState(address: string): TopState {
  return {
    live: {
      address,
      link: { kind: 'open' },
      status: undefined,
      statusMs: 0,
      pace: undefined,
      pausedIn: undefined,
      samples: [],
      events: [],
      ledger: undefined,
      role: undefined,
    },
    view: 'main',
    pane: 'signals',
    scroll: { signals: 0, destinations: 0, events: 0, ledger: 0, help: 0 },
    filter: '',
    isTyping: false,
    dialog: undefined,
    notice: undefined,
    frozen: undefined,
  };
}

/** What the frame shows. */
export function shownLive({ frozen, live }: TopState): Live {
  return frozen ?? live;
}
