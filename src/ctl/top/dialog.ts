// The dialog that changes something: a form is filled in, the plan is shown, and only "y" does it.
// Each key leads to the next dialog, or to none.

import { parseDurationMs } from '../flag-value.ts';
import type { MutationPlan } from '../show-plan.ts';
import { cellWidth } from './cell-width.ts';
import type { Effect, Wanted } from './effect.ts';
import type { Key } from './keys.ts';

export type Dialog =
  | Form
  /** The engine is asked for what the plan needs, or to do it. */
  | { readonly kind: 'waiting'; readonly title: string }
  | {
      readonly kind: 'plan';
      readonly title: string;
      readonly wanted: Wanted;
      readonly plan: MutationPlan;
    };

export interface Form {
  readonly kind: 'form';
  readonly purpose: 'override' | 'replay-pause' | 'replay-resume';
  readonly title: string;
  readonly fields: readonly Field[];
  /** The one that keys go to. */
  readonly at: number;
  /** Why it cannot be sent like this. */
  readonly fault: string | undefined;
}

export interface Field {
  readonly name: 'zone' | 'ttl' | 'reason';
  readonly value: string;
  /** Undefined: any text. */
  readonly choices: readonly string[] | undefined;
}

/** "end" ends the override that is there. */
const end = 'end';

export function overrideForm(hasOverride: boolean): Form {
  const choices = ['green', 'yellow', 'red', ...(hasOverride ? [end] : [])];
  return {
    kind: 'form',
    purpose: 'override',
    title: 'hold a zone',
    fields: [
      { name: 'zone', value: hasOverride ? end : 'yellow', choices },
      { name: 'ttl', value: '15m', choices: undefined },
      reasonField,
    ],
    at: 0,
    fault: undefined,
  };
}

export function replayForm(isPaused: boolean): Form {
  return {
    kind: 'form',
    purpose: isPaused ? 'replay-resume' : 'replay-pause',
    title: isPaused ? 'resume the replay' : 'pause the replay',
    fields: [reasonField],
    at: 0,
    fault: undefined,
  };
}

const reasonField: Field = { name: 'reason', value: '', choices: undefined };

export interface DialogStep {
  /** Undefined: it is closed. */
  readonly dialog: Dialog | undefined;
  readonly effect?: Effect;
}

export function dialogKey(dialog: Dialog, key: Key): DialogStep {
  if (key.kind === 'escape') return { dialog: undefined };
  switch (dialog.kind) {
    case 'form':
      return formKey(dialog, key);
    case 'plan':
      return planKey(dialog, key);
    case 'waiting':
      return { dialog };
    default:
      return dialog satisfies never;
  }
}

/** Of the engine, which says so too. */
const reasonLengthMax = 512;

function planKey(dialog: Extract<Dialog, { kind: 'plan' }>, key: Key): DialogStep {
  if (key.kind !== 'text') return { dialog };
  const { wanted, plan, title } = dialog;
  if (/^y$/i.test(key.text)) {
    return { dialog: { kind: 'waiting', title }, effect: { kind: 'apply', wanted, plan } };
  }
  return /^n$/i.test(key.text) ? { dialog: undefined } : { dialog };
}

function formKey(form: Form, key: Key): DialogStep {
  const { fields, at } = form;
  const move = (by: number) => ({
    dialog: { ...form, at: (at + by + fields.length) % fields.length },
  });
  switch (key.kind) {
    case 'tab':
    case 'down':
      return move(1);
    case 'back-tab':
    case 'up':
      return move(-1);
    case 'enter':
      return at < fields.length - 1 ? move(1) : sent(form);
    default:
      return { dialog: withValue(form, keyed(fields[at], key)) };
  }
}

function withValue(form: Form, value: string): Form {
  const fields = form.fields.map((field, index) =>
    index === form.at ? { ...field, value } : field,
  );
  return { ...form, fields, fault: undefined };
}

function keyed(field: Field | undefined, key: Key): string {
  if (field === undefined) return '';
  const { value, choices } = field;
  if (choices === undefined) return typed(value, key);
  const step = key.kind === 'right' || (key.kind === 'text' && key.text === ' ') ? 1 : 0;
  const by = key.kind === 'left' ? -1 : step;
  if (by !== 0) {
    return choices[(choices.indexOf(value) + by + choices.length) % choices.length] ?? value;
  }
  // By its first letter.
  const text = key.kind === 'text' ? key.text.toLowerCase() : '\n';
  return choices.find((choice) => choice.startsWith(text)) ?? value;
}

/** One key more on a line of text. */
export function typed(value: string, key: Key): string {
  if (key.kind === 'text') return (value + key.text).slice(0, reasonLengthMax);
  if (key.kind === 'control' && key.letter === 'u') return '';
  return key.kind === 'backspace' ? withoutLast(value) : value;
}

/** With the marks that join it. */
function withoutLast(value: string): string {
  const characters = [...value];
  while (characters.length > 0) {
    if (cellWidth(characters.pop() ?? '') > 0) break;
  }
  return characters.join('');
}

function sent(form: Form): DialogStep {
  const value = (name: Field['name']) =>
    form.fields.find((field) => field.name === name)?.value ?? '';
  const wrong = (name: Field['name'], fault: string) => {
    const at = Math.max(
      0,
      form.fields.findIndex((field) => field.name === name),
    );
    return { dialog: { ...form, at, fault } };
  };
  const reason = value('reason').trim();
  const plan = (wanted: Wanted): DialogStep => ({
    dialog: { kind: 'waiting', title: form.title },
    effect: { kind: 'plan', wanted },
  });
  if (reason === '') return wrong('reason', 'say why, for whoever reads the audit log');
  if (form.purpose !== 'override') return plan({ kind: form.purpose, reason });
  const zone = value('zone');
  if (zone === end) return plan({ kind: 'override-end', reason });
  if (zone !== 'green' && zone !== 'yellow' && zone !== 'red') return wrong('zone', 'no such zone');
  try {
    return plan({ kind: 'override', zone, ttlMs: parseDurationMs(value('ttl')), reason });
  } catch (error) {
    return wrong('ttl', error instanceof Error ? error.message : String(error));
  }
}
