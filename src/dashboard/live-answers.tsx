// How parts of the page ask: once when they appear, and again with every status that comes. While
// the engine pauses its views no status comes, and so nothing is asked.

import { useSignalEffect } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Asked } from './asked.ts';
import { useDashboard } from './dashboard.tsx';
import type { HistoryFeed } from './history-feed.ts';
import type { Call, Calls } from './procedures.ts';

export function useAsked<P extends Call>(procedure: P): Asked<P> {
  const dashboard = useDashboard();
  return useMemo(() => new Asked(dashboard, procedure), [dashboard, procedure]);
}

/** The answer of now. */
export function useLiveAnswer<P extends Call>(procedure: P, request: Calls[P][0]): Asked<P> {
  const { live } = useDashboard();
  const asked = useAsked(procedure);
  useSignalEffect(() => {
    void live.status.value;
    void asked.ask(request);
  });
  return asked;
}

/** Keeps the history of the last minutes up to date for as long as a part shows it. */
export function useLiveHistory(): HistoryFeed {
  const { live, feed } = useDashboard();
  useSignalEffect(() => {
    void live.status.value;
    void feed.ask();
  });
  return feed;
}
