// Batches that were set aside because their destination will never take them, each with its batch
// when one asks for it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { countText, sizeText } from '../ctl/quantity-text.ts';
import type {
  DeadLetterJson,
  GetDeadLetterResponseJson,
} from '../generated/gophership/control/v1/vault_pb.js';
import { printable } from '../tls/printable.ts';
import { timeText } from './amount-text.ts';
import type { Asked } from './asked.ts';
import { useDashboard, useIsOperator } from './dashboard.tsx';
import { FaultNote } from './fault-note.tsx';
import { type LetterDeed, LetterDialog } from './letter-dialog.tsx';
import { useAsked } from './live-answers.tsx';
import { ScrollBox } from './scroll-box.tsx';
import { Figures } from './stale-figures.tsx';
import { WideTable } from './wide-table.tsx';
import { numberOf, optionalNumber, timeMsOf } from './wire-json.ts';

export interface DeadLettersProps {
  readonly letters: Asked<'VaultService/ListDeadLetters'>;
  /** Some may be gone. */
  changed(): void;
}

export function DeadLetters({ letters, changed }: DeadLettersProps) {
  const { clock } = useDashboard();
  const shown = useSignal<number | undefined>(undefined);
  const answer = letters.answer.value;
  const { deadLetters = [], nextEntrySeq, lost } = answer?.value ?? {};
  const todayMs = clock.wallMs();
  const rows = deadLetters.map((letter) => {
    const entrySeq = numberOf(letter.entrySeq);
    const isShown = shown.value === entrySeq;
    const toggle = (
      <button
        type="button"
        class="link"
        aria-expanded={isShown}
        onClick={() => {
          shown.value = isShown ? undefined : entrySeq;
        }}
      >
        {isShown ? 'Hide' : 'Show'}
      </button>
    );
    const actions = (
      <>
        {toggle} <LetterButtons entrySeq={entrySeq} changed={changed} />
      </>
    );
    return { key: entrySeq, cells: [entrySeq, ...cellsOf(letter, todayMs), actions] };
  });
  const empty = answer === undefined ? 'Not looked at yet.' : 'There is no dead letter.';
  return (
    <Figures
      title="Dead letters"
      isOnDemand
      atMs={answer?.atMs}
      fault={letters.fault.value}
      actions={rows.length > 0 && <LetterButtons entrySeq={undefined} changed={changed} />}
    >
      <WideTable {...{ title: 'Dead letters', columns, rows, empty }} />
      {nextEntrySeq !== undefined && <p class="hint">There are more than these.</p>}
      {numberOf(lost) > 0 && (
        <p class="hint">{countText(numberOf(lost))} between these are damaged.</p>
      )}
      {shown.value !== undefined && <Letter key={shown.value} entrySeq={shown.value} />}
    </Figures>
  );
}

interface LetterButtonsProps {
  /** Undefined: of all of them. */
  readonly entrySeq: number | undefined;
  changed(): void;
}

function LetterButtons({ entrySeq, changed }: LetterButtonsProps) {
  const open = useSignal<LetterDeed | undefined>(undefined);
  if (!useIsOperator()) return null;
  const all = entrySeq === undefined;
  const button = (deed: LetterDeed, text: string) => (
    <button
      type="button"
      class={all ? '' : 'link'}
      onClick={() => {
        open.value = deed;
      }}
    >
      {text}
    </button>
  );
  const close = () => {
    open.value = undefined;
    changed();
  };
  return (
    <>
      {button('redrive', all ? 'Redrive all…' : 'Redrive…')}{' '}
      {button('purge', all ? 'Purge all…' : 'Purge…')}
      {open.value !== undefined && <LetterDialog deed={open.value} {...{ entrySeq, close }} />}
    </>
  );
}

function cellsOf(letter: DeadLetterJson, todayMs: number): string[] {
  const records = optionalNumber(letter.records);
  return [
    timeText(timeMsOf(letter.received), todayMs),
    letter.reason ?? '',
    String(letter.attempts ?? 0),
    String(letter.statusCode ?? 0),
    letter.originalKind ?? '',
    records === undefined ? '-' : countText(records),
    sizeText(numberOf(letter.sizeBytes)),
  ];
}

const columns = [
  { name: 'entry' },
  { name: 'received' },
  { name: 'reason' },
  { name: 'attempts', isNumber: true },
  { name: 'status', isNumber: true },
  { name: 'kind' },
  { name: 'records', isNumber: true },
  { name: 'size', isNumber: true },
  { name: 'batch' },
];

function Letter({ entrySeq }: { readonly entrySeq: number }) {
  const asked = useAsked('VaultService/GetDeadLetter');
  const answer = asked.answer.value?.value;
  const fault = asked.fault.value;
  useEffect(() => void asked.ask({ entrySeq }), [asked, entrySeq]);
  return (
    <div>
      <h3>Dead letter {entrySeq}</h3>
      {fault !== undefined && <FaultNote fault={fault} />}
      {answer !== undefined && (
        <ScrollBox class="letter" title={`Dead letter ${entrySeq}`}>
          <pre>{batchText(answer)}</pre>
        </ScrollBox>
      )}
    </div>
  );
}

/** Line feeds are ours: those of a producer are escapes within JSON. */
function batchText({ json, unreadable }: GetDeadLetterResponseJson): string {
  if (unreadable !== undefined) {
    return printable(`not readable: ${unreadable.why ?? ''}; base64: ${unreadable.data ?? ''}`);
  }
  const lines = JSON.stringify(JSON.parse(json ?? '{}'), undefined, 2).split('\n');
  return lines.map(printable).join('\n');
}
