// Changes of the zone and what operators did, as one list. Each of the two knows its own order; how
// they lie to each other is told by the date alone, which may jump.

import type { Transition } from '../monitor/zone-history.ts';
import type { AuditedMutation } from './audit-log.ts';

/** One list shows so many, the newest. */
export const eventsMax = 200;

export type ControlEvent =
  | { readonly kind: 'zone'; readonly transition: Transition }
  | { readonly kind: 'mutation'; readonly mutation: AuditedMutation };

/** Oldest first, the newest 200 of all. */
export function eventList(
  transitions: readonly Transition[],
  mutations: readonly AuditedMutation[],
): ControlEvent[] {
  return mergedEvents(transitions, mutations).slice(-eventsMax);
}

/** All of both, each in its own order. At one date what an operator did comes first, as a cause. */
export function mergedEvents(
  transitions: readonly Transition[],
  mutations: readonly AuditedMutation[],
): ControlEvent[] {
  const events: ControlEvent[] = [];
  let next = 0;
  for (const transition of transitions) {
    const wallMs = transition.wallMs ?? Number.NEGATIVE_INFINITY;
    for (; next < mutations.length; next += 1) {
      const mutation = mutations[next]!; // below the length
      if (mutation.wallMs > wallMs) break;
      events.push({ kind: 'mutation', mutation });
    }
    events.push({ kind: 'zone', transition });
  }
  for (const mutation of mutations.slice(next)) events.push({ kind: 'mutation', mutation });
  return events;
}

/** The newest `count` of them; 0: all. */
export function lastEvents(events: readonly ControlEvent[], count: number): ControlEvent[] {
  return count === 0 ? [...events] : events.slice(-count);
}
