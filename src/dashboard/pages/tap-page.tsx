// Records as they come in: a sample, folded, every character as text. Nothing that a producer wrote
// becomes anything else than text.

import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { countText } from '../../ctl/quantity-text.ts';
import type { TapProgressJson } from '../../generated/gophership/control/v1/tap_pb.js';
import { timeText } from '../amount-text.ts';
import { asFault, CallFault } from '../call-fault.ts';
import { useDashboard } from '../dashboard.tsx';
import { Figures } from '../stale-figures.tsx';
import { parseMatches, type TapLine, tapLine, tapLinesMax } from '../tap-lines.ts';
import { numberOf } from '../wire-json.ts';

/** 'paused': the engine is Red, and goes on by itself. */
type TapState = 'closed' | 'open' | 'paused';

export function TapPage() {
  const { client } = useDashboard();
  const match = useSignal('');
  const state = useSignal<TapState>('closed');
  const lines = useSignal<readonly TapLine[]>([]);
  const progress = useSignal<TapProgressJson>({});
  const fault = useSignal<CallFault | undefined>(undefined);
  const turn = useRef<AbortController>(undefined);
  const matchId = useId();
  const close = () => turn.current?.abort();
  useEffect(() => close, []);
  const open = async (event: Event) => {
    event.preventDefault();
    close();
    const own = new AbortController();
    turn.current = own;
    fault.value = undefined;
    try {
      const request = { matches: matchesOf(match.value) };
      state.value = 'open';
      let count = (lines.value[0]?.key ?? 0) + 1;
      for await (const message of client.stream('TapService/Tap', request, own.signal)) {
        state.value = message.heartbeat === undefined ? 'open' : 'paused';
        if (message.progress !== undefined) progress.value = message.progress;
        if (message.record === undefined) continue;
        lines.value = [tapLine(message.record, count), ...lines.value].slice(0, tapLinesMax);
        count += 1;
      }
    } catch (error) {
      if (!own.signal.aborted) fault.value = asFault(error);
    }
    // Another one may have been opened since.
    if (turn.current === own) state.value = 'closed';
  };
  const isClosed = state.value === 'closed';
  return (
    <Figures title="Tap" fault={fault.value}>
      <form class="tap-form" onSubmit={open}>
        <label for={matchId}>Match</label>
        <input
          id={matchId}
          value={match}
          placeholder={'severity=error http.route="/cart"'}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => {
            match.value = currentTarget.value;
          }}
        />
        <button type="submit" class="main">
          {isClosed ? 'Open' : 'Open again'}
        </button>
        <button type="button" disabled={isClosed} onClick={close}>
          Close
        </button>
      </form>
      <p class="hint" role="status">
        {stateWords[state.value]}
      </p>
      {!isClosed && <p class="hint">{progressText(progress.value)}</p>}
      <ol class="tap">
        {lines.value.map((line) => (
          <TapItem key={line.key} line={line} />
        ))}
      </ol>
    </Figures>
  );
}

const stateWords: Readonly<Record<TapState, string>> = {
  closed: 'Closed. A tap shows a sample of what comes in, and costs the engine a little.',
  open: 'Open. Newest first; the newest 200 are kept.',
  paused: 'Paused: the engine is in Red and looks at nothing. It goes on by itself.',
};

function matchesOf(text: string) {
  try {
    return parseMatches(text);
  } catch (error) {
    const hint = 'severity=error, body=timeout, or the key of an attribute; all of them must hold';
    throw new CallFault('MATCH', error instanceof Error ? error.message : '', hint);
  }
}

function progressText(progress: TapProgressJson): string {
  const count = (amount: number | string | undefined) => countText(numberOf(amount));
  return [
    `${count(progress.receivedRecords)} records received`,
    `${count(progress.sampledRecords)} looked at`,
    `${count(progress.matchedRecords)} matched`,
    `${count(progress.skippedRecords)} left out`,
  ].join(', ');
}

function TapItem({ line }: { readonly line: TapLine }) {
  const { clock } = useDashboard();
  const { timeMs, severity, level, service, body, details } = line;
  return (
    <li class={`tap-${level}`}>
      <details>
        <summary>
          <span class="tap-time">{timeText(timeMs, clock.wallMs())}</span>
          <span class="tap-severity">{severity}</span>
          <span class="tap-service">{service}</span>
          <span class="tap-body">{body}</span>
        </summary>
        <dl>
          {details.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}
