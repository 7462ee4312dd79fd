// A part of the page with a heading, whose figures turn grey when they are old and then say how old
// they are.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { durationText } from '../ctl/quantity-text.ts';
import type { CallFault } from './call-fault.ts';
import { useDashboard } from './dashboard.tsx';
import { FaultNote } from './fault-note.tsx';
import { Icon } from './icon.tsx';
import { staleAfterMs } from './timed.ts';

export interface FiguresProps {
  readonly title: string;
  /** When the figures came; undefined: there are none, or they do not get old. */
  readonly atMs?: number | undefined;
  /** Why there are no newer ones. */
  readonly fault?: CallFault | undefined;
  /** Asked for by hand: they get old without getting grey. */
  readonly isOnDemand?: boolean;
  readonly class?: string;
  /** Beside the heading. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Figures(props: FiguresProps) {
  const { title, atMs, fault, isOnDemand, actions, children } = props;
  const { nowMs, live } = useDashboard();
  const id = useId();
  const ageMs = atMs === undefined ? 0 : Math.max(nowMs.value - atMs, 0);
  const isStale = isOnDemand !== true && ageMs > staleAfterMs(live.zone.value);
  const hasAge = isStale || (isOnDemand === true && ageMs >= 1_000);
  return (
    <section
      class={`figures ${isStale ? 'is-stale' : ''} ${props.class ?? ''}`}
      aria-labelledby={id}
      data-stale={isStale}
    >
      <header class="figures-head">
        <h2 id={id}>{title}</h2>
        {hasAge && (
          <span class="age">
            <Icon name="clock" /> {durationText(ageMs)} old
          </span>
        )}
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {fault !== undefined && <FaultNote fault={fault} />}
      {children}
    </section>
  );
}
