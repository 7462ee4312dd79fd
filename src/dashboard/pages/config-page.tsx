// The configuration that the engine runs with, without secrets, and what the last reload changed.

import { useEffect } from 'preact/hooks';
import { timeText } from '../amount-text.ts';
import { useDashboard } from '../dashboard.tsx';
import { type DiffLine, hunks, lineDiff } from '../line-diff.ts';
import { useAsked } from '../live-answers.tsx';
import { ScrollBox } from '../scroll-box.tsx';
import { Figures } from '../stale-figures.tsx';
import { timeMsOf } from '../wire-json.ts';

export function ConfigPage() {
  const asked = useAsked('ControlService/GetConfig');
  const { clock } = useDashboard();
  const ask = () => asked.ask({});
  useEffect(() => void ask(), [asked]);
  const answer = asked.answer.value;
  const { yaml = '', previousYaml = '', changedAt } = answer?.value ?? {};
  const changed = timeText(timeMsOf(changedAt), clock.wallMs());
  const again = (
    <button type="button" disabled={asked.isAsking.value} onClick={ask}>
      Read again
    </button>
  );
  return (
    <>
      <Figures title="Last change" isOnDemand atMs={answer?.atMs} fault={asked.fault.value}>
        {previousYaml === '' ? (
          <p class="empty">It has not changed since the engine started.</p>
        ) : (
          <>
            <p class="hint">Read again at {changed}.</p>
            <Diff lines={hunks(lineDiff(previousYaml, yaml), linesAround)} />
          </>
        )}
      </Figures>
      <Figures title="In effect" isOnDemand atMs={answer?.atMs} actions={again}>
        <p class="hint">With the defaults; secrets are left out.</p>
        <ScrollBox class="yaml" title="Configuration">
          <pre>{yaml}</pre>
        </ScrollBox>
      </Figures>
    </>
  );
}

const linesAround = 3;

function Diff({ lines }: { readonly lines: readonly (DiffLine | null)[] }) {
  return (
    <ScrollBox class="diff" title="Last change">
      {lines.map((line, index) => {
        const kind = line?.kind ?? 'cut';
        return (
          <div key={index} class={`diff-${kind}`}>
            <span class="unseen">{spoken[kind]}</span>
            <span aria-hidden="true">{marks[kind]}</span>
            {line?.text ?? '…'}
          </div>
        );
      })}
    </ScrollBox>
  );
}

const marks = { same: '  ', added: '+ ', removed: '- ', cut: '  ' } as const;
const spoken = { same: '', added: 'added: ', removed: 'removed: ', cut: 'lines left out' } as const;
