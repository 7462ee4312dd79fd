// What every part of the page has in common: the engine as it is now, who is asking, and the time.
// Made once per tab; parts get it through the context.

import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Asked } from './asked.ts';
import { HistoryFeed } from './history-feed.ts';
import { LiveStatus } from './live-status.ts';
import { type PageClock, pageClock } from './page-clock.ts';
import { ProxyClient } from './proxy-client.ts';
import type { Session } from './session.ts';
import { browserPlaces } from './stream-places.ts';

export const pageNames = ['now', 'why', 'vault', 'replay', 'tap', 'config'] as const;
export type PageName = (typeof pageNames)[number];

export interface Dashboard {
  readonly client: ProxyClient;
  readonly clock: PageClock;
  /** `host:port` of the control port. */
  readonly engine: string;
  readonly live: LiveStatus;
  readonly feed: HistoryFeed;
  readonly caller: Asked<'CallerService/GetCaller'>;
  /** On the page's clock, once a second: for ages. */
  readonly nowMs: ReadonlySignal<number>;
  readonly page: ReadonlySignal<PageName>;
}

export function createDashboard({ bearer, engine }: Session): Dashboard {
  const places = browserPlaces(navigator.locks);
  const client = new ProxyClient((path, init) => fetch(path, init), bearer, places);
  const parts = { client, clock: pageClock };
  const live = new LiveStatus({ ...parts, random: Math.random });
  const page = pageOfAddress();
  const isHidden = hidden();
  const caller = new Asked(parts, 'CallerService/GetCaller');
  // A stream for each tab, of the few that a browser has places for; the tap has one of its own.
  effect(() => live.take(isHidden.value ? 'rest' : page.value === 'tap' ? 'poll' : 'watch'));
  void live.run(new AbortController().signal);
  effect(() => {
    // The role can be another one after each break.
    const { kind } = live.link.value;
    if (kind !== 'lost' && kind !== 'over') void caller.ask({});
  });
  return {
    ...{ client, engine, live, page, caller, clock: pageClock },
    feed: new HistoryFeed(parts),
    nowMs: ticking(),
  };
}

/** Undefined outside of the page, where nothing is rendered. */
const context = createContext<Dashboard | undefined>(undefined);
export const DashboardContext = context.Provider;

export function useDashboard(): Dashboard {
  const dashboard = useContext(context);
  if (dashboard === undefined) throw new Error('rendered outside of the dashboard');
  return dashboard;
}

/** Operators see buttons, everybody else does not. */
export function useIsOperator(): boolean {
  return useDashboard().caller.answer.value?.value.role === 'operator';
}

function pageOfAddress(): ReadonlySignal<PageName> {
  const read = () => pageNames.find((name) => location.hash === `#/${name}`) ?? 'now';
  const page = signal(read());
  window.addEventListener('hashchange', () => {
    page.value = read();
  });
  return page;
}

function hidden(): ReadonlySignal<boolean> {
  const isHidden = signal(document.hidden);
  document.addEventListener('visibilitychange', () => {
    isHidden.value = document.hidden;
  });
  return isHidden;
}

function ticking(): ReadonlySignal<number> {
  const nowMs = signal(pageClock.nowMs());
  setInterval(() => {
    nowMs.value = pageClock.nowMs();
  }, 1_000);
  return nowMs;
}
