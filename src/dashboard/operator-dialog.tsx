// What an operator is about to change: the plan, a reason for the audit log, and how to undo it.
// Closed by Escape or "Leave it"; a refusal is shown in place, and nothing is lost.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { asFault, type CallFault } from './call-fault.ts';
import { FaultNote } from './fault-note.tsx';

export interface OperatorDialogProps {
  readonly title: string;
  /** What follows, a line each. */
  readonly plan: readonly string[];
  /** A command of gs-ctl, or a sentence. */
  readonly undo: string;
  /** On the button that does it. */
  readonly verb: string;
  /** Further fields. */
  readonly children?: ComponentChildren;
  /** Throws if it was refused. */
  act(reason: string): Promise<unknown>;
  /** Done, or left alone. */
  close(): void;
}

/** As the engine has it. */
const reasonLengthMax = 512;

export function OperatorDialog(props: OperatorDialogProps) {
  const { title, plan, undo, verb, children, act, close } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const reason = useSignal('');
  const fault = useSignal<CallFault | undefined>(undefined);
  const isActing = useSignal(false);
  const [titleId, reasonId] = [useId(), useId()];
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isActing.value) return;
    isActing.value = true;
    fault.value = undefined;
    try {
      await act(reason.value.trim());
      dialog.current?.close();
    } catch (error) {
      fault.value = asFault(error);
      isActing.value = false;
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={close}>
      <form onSubmit={submit}>
        <h2 id={titleId}>{title}</h2>
        {children}
        <ul class="plan">
          {plan.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <label for={reasonId}>Reason, for the audit log</label>
        <input
          id={reasonId}
          required
          maxLength={reasonLengthMax}
          value={reason}
          autocomplete="off"
          onInput={({ currentTarget }) => {
            reason.value = currentTarget.value;
          }}
        />
        <p class="hint">To undo: {undo}</p>
        {fault.value !== undefined && <FaultNote fault={fault.value} />}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" class="main" disabled={isActing.value}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
