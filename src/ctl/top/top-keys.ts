// What each key does to the screen, and what it asks for beyond that.

import { dialogKey, overrideForm, replayForm, typed } from './dialog.ts';
import type { Effect } from './effect.ts';
import type { Key } from './keys.ts';
import { type Notice, panes, type Scrolled, type TopState, type View } from './top-state.ts';

export interface Step {
  readonly state: TopState;
  readonly effect?: Effect;
}

export function keyPressed(state: TopState, key: Key, nowMs: number): Step {
  if (key.kind === 'control') {
    const effect = controlEffects[key.letter];
    if (effect !== undefined) return { state, effect };
  }
  if (state.dialog !== undefined) {
    const { dialog, effect } = dialogKey(state.dialog, key);
    return { state: { ...state, dialog }, ...(effect && { effect }) };
  }
  if (state.isTyping) return { state: filterKey(state, key) };
  if (key.kind === 'text') return letterKey({ ...state, notice: undefined }, key.text, nowMs);
  return { state: namedKey({ ...state, notice: undefined }, key) };
}

/** How long a notice stays. */
export const noticeMs = 8_000;

export function withNotice(
  state: TopState,
  kind: Notice['kind'],
  text: string,
  nowMs: number,
): TopState {
  return { ...state, notice: { kind, text, untilMs: nowMs + noticeMs } };
}

const controlEffects: Readonly<Record<string, Effect>> = {
  c: { kind: 'quit' },
  z: { kind: 'suspend' },
  l: { kind: 'repaint' },
};

function filterKey(state: TopState, key: Key): TopState {
  if (key.kind === 'enter') return { ...state, isTyping: false };
  if (key.kind === 'escape') return { ...state, isTyping: false, filter: '' };
  const scroll = { ...state.scroll, signals: 0 };
  return { ...state, filter: typed(state.filter, key), scroll };
}

function letterKey(state: TopState, letter: string, nowMs: number): Step {
  switch (letter) {
    case 'q':
      return { state, effect: { kind: 'quit' } };
    case '?':
    case 'h':
      return { state: turnedTo(state, 'help') };
    case 'e':
      return { state: turnedTo(state, 'events') };
    case 'l':
      return { state: turnedTo(state, 'ledger'), effect: { kind: 'ledger' } };
    case '/':
      return { state: { ...state, view: 'main', pane: 'signals', isTyping: true } };
    case ' ':
      return { state: { ...state, frozen: state.frozen === undefined ? state.live : undefined } };
    case 'j':
      return { state: moved(state, 1) };
    case 'k':
      return { state: moved(state, -1) };
    case 'o':
      return { state: overrideKey(state, nowMs) };
    case 'p':
      return { state: replayKey(state, nowMs) };
    default:
      return { state };
  }
}

/** The same key leads back. */
function turnedTo(state: TopState, view: View): TopState {
  return { ...state, view: state.view === view ? 'main' : view };
}

function namedKey(state: TopState, { kind }: Key): TopState {
  switch (kind) {
    case 'escape':
      return { ...state, view: 'main', filter: state.view === 'main' ? '' : state.filter };
    case 'tab':
      return { ...state, pane: nextPane(state, 1) };
    case 'back-tab':
      return { ...state, pane: nextPane(state, panes.length - 1) };
    case 'down':
      return moved(state, 1);
    case 'up':
      return moved(state, -1);
    case 'page-down':
      return moved(state, pageLines);
    case 'page-up':
      return moved(state, -pageLines);
    case 'home':
      return moved(state, Number.NEGATIVE_INFINITY);
    default:
      return state;
  }
}

const pageLines = 10;

function nextPane({ pane }: TopState, by: number): TopState['pane'] {
  return panes[(panes.indexOf(pane) + by) % panes.length] ?? pane;
}

/** Down is away from what is shown first, which for events are the newest ones. */
function moved(state: TopState, lines: number): TopState {
  const { live, scroll } = state;
  const pane: Scrolled = state.view === 'main' ? state.pane : state.view;
  const lengths: Readonly<Record<Scrolled, number>> = {
    signals: live.status?.signals.length ?? 0,
    destinations: live.status?.destinations.length ?? 0,
    events: live.events.length,
    ledger: ledgerLinesMax,
    help: helpLinesMax,
  };
  // Of events the list ends with the newest, at which it is begun.
  const by = pane === 'events' && Number.isFinite(lines) ? -lines : lines;
  const end = Math.max(0, lengths[pane] - 1);
  return { ...state, scroll: { ...scroll, [pane]: Math.min(end, Math.max(0, scroll[pane] + by)) } };
}

const ledgerLinesMax = 200;
const helpLinesMax = 40;

function overrideKey(state: TopState, nowMs: number): TopState {
  const why = whyNot(state);
  if (why !== undefined) return withNotice(state, 'fault', why, nowMs);
  const override = state.live.status?.zone?.override;
  // One of the configuration has no end, and nobody can end it from here.
  return { ...state, dialog: overrideForm(override?.left !== undefined) };
}

function replayKey(state: TopState, nowMs: number): TopState {
  const { replay } = state.live.status ?? {};
  const why = replay === undefined ? 'there is no vault to replay from' : whyNot(state);
  if (why !== undefined) return withNotice(state, 'fault', why, nowMs);
  return { ...state, dialog: replayForm(replay?.state === 'paused') };
}

/** An engine that does not tell the role decides when it is asked. */
function whyNot({ live }: TopState): string | undefined {
  if (live.link.kind !== 'open') return 'there is no connection to the engine';
  if (live.role === undefined || live.role === 'operator') return undefined;
  return `this needs the role operator; your certificate has the role ${live.role}`;
}
