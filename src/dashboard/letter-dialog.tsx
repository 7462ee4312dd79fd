// Sending dead letters again, or deleting them for good: what would become of them is counted by
// the engine before anybody confirms it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { countOf, countText, sizeText } from '../ctl/quantity-text.ts';
import type {
  DeadLetterChoiceJson,
  DeadLetterOutcomeJson,
} from '../generated/gophership/control/v1/letters_pb.js';
import { asFault, CallFault } from './call-fault.ts';
import { useDashboard } from './dashboard.tsx';
import { FaultNote } from './fault-note.tsx';
import { OperatorDialog } from './operator-dialog.tsx';
import { numberOf } from './wire-json.ts';

export type LetterDeed = 'redrive' | 'purge';

export interface LetterDialogProps {
  readonly deed: LetterDeed;
  /** Undefined: all of them. */
  readonly entrySeq: number | undefined;
  close(): void;
}

export function LetterDialog({ deed, entrySeq, close }: LetterDialogProps) {
  const { client } = useDashboard();
  const counted = useSignal<DeadLetterOutcomeJson | undefined>(undefined);
  const fault = useSignal<CallFault | undefined>(undefined);
  const choice: DeadLetterChoiceJson =
    entrySeq === undefined ? { all: true } : { fromEntrySeq: entrySeq, toEntrySeq: entrySeq };
  const words = deeds[deed];
  /** What came of it, or would. */
  const run = async (signal: AbortSignal, reason: string, dryRun: boolean) => {
    let outcome: DeadLetterOutcomeJson | undefined;
    const request = { choice, dryRun, reason };
    for await (const said of client.stream(words.procedure, request, signal)) {
      outcome = said.outcome;
    }
    if (outcome?.stopped) throw new CallFault(outcome.stoppedCode ?? 'STOPPED', outcome.stopped);
    return outcome;
  };
  useEffect(() => {
    const leaving = new AbortController();
    run(leaving.signal, '', true).then(
      (outcome) => {
        counted.value = outcome;
      },
      (error: unknown) => {
        if (!leaving.signal.aborted) fault.value = asFault(error);
      },
    );
    return () => leaving.abort();
  }, []);
  return (
    <OperatorDialog
      title={entrySeq === undefined ? words.all : `${words.one} ${entrySeq}`}
      plan={counted.value === undefined ? ['counting…'] : planOf(deed, counted.value)}
      undo={words.undo}
      verb={words.verb}
      // Closing the dialog does not end what the engine has begun.
      act={(reason) => run(new AbortController().signal, reason, false)}
      close={close}
    >
      {fault.value !== undefined && <FaultNote fault={fault.value} />}
    </OperatorDialog>
  );
}

const deeds = {
  redrive: {
    procedure: 'DeadLetterService/RedriveDeadLetters',
    all: 'Redrive all dead letters',
    one: 'Redrive dead letter',
    verb: 'Redrive',
    undo: 'what is refused again becomes a dead letter again; what is delivered stays delivered',
  },
  purge: {
    procedure: 'DeadLetterService/PurgeDeadLetters',
    all: 'Purge all dead letters',
    one: 'Purge dead letter',
    verb: 'Purge',
    undo: 'there is no way back; export the vault before, if in doubt',
  },
} as const;

function planOf(deed: LetterDeed, outcome: DeadLetterOutcomeJson): string[] {
  const count = (amount: number | string | undefined) => countText(numberOf(amount));
  const doing = deed === 'redrive' ? 'send again' : 'delete for good';
  const notes = [
    [outcome.uncountedLetters, 'of them were never counted'],
    [outcome.damagedLetters, 'cannot be read'],
    [outcome.tooLargeLetters, 'are larger than the engine takes by now'],
    [outcome.duplicates, 'may arrive twice'],
  ] as const;
  return [
    `${doing}: ${countOf(numberOf(outcome.letters), 'dead letter')}, ${sizeText(numberOf(outcome.bytes))}, ` +
      `at least ${count(outcome.recordsMin)} records`,
    ...notes
      .filter(([amount]) => numberOf(amount) > 0)
      .map(([amount, text]) => `${count(amount)} ${text}`),
    `${count(outcome.waitingLetters)} remain`,
  ];
}
