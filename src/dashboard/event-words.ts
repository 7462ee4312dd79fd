// Decisions of the engine and of operators, as people read them: what changed, by what, with which
// evidence.

import { durationText } from '../ctl/quantity-text.ts';
import type { EventJson, EvidenceJson } from '../generated/gophership/control/v1/control_pb.js';
import { durationMsOf, optionalNumber, timeMsOf } from './wire-json.ts';
import { type ZoneWord, zoneTitle, zoneWord } from './zone-word.ts';

export interface Decision {
  /** Undefined: not known. */
  readonly atMs: number | undefined;
  readonly title: string;
  /** The zone that it led to; undefined: what an operator did. */
  readonly zone: ZoneWord | undefined;
  readonly facts: readonly string[];
}

export function decision(event: EventJson): Decision {
  const atMs = timeMsOf(event.time);
  const { zoneChange: change, mutation } = event;
  if (change !== undefined) {
    const zone = zoneWord(change.to);
    const after = durationMsOf(change.after);
    const title = `${zoneTitle(zoneWord(change.from))} to ${zoneTitle(zone)}`;
    return {
      ...{ atMs, zone, title },
      facts: [
        causeText(change.cause),
        ...(change.evidence ?? []).map((evidence) => evidenceText(evidence, change.cause)),
        ...(change.by ? [`${change.by}: ${change.reason ?? ''}`] : []),
        ...(after === undefined ? [] : [`after ${durationText(after)}`]),
      ],
    };
  }
  if (mutation !== undefined) {
    const { procedure = '', by = '', reason = '', outcome = '', detail = '' } = mutation;
    const title = mutationTitle(procedure, outcome);
    const facts = [detail, `by ${by}`, reason === '' ? '' : `reason: ${reason}`];
    return { atMs, zone: undefined, title, facts: facts.filter((text) => text !== '') };
  }
  const title = 'an event that this page does not know';
  return { atMs, zone: undefined, title, facts: [] };
}

function mutationTitle(procedure: string, outcome: string): string {
  if (outcome === 'done') return procedure;
  const isCode = /^[A-Z_]+$/.test(outcome);
  return isCode ? `${procedure} refused: ${outcome}` : `${procedure} ${outcome}`;
}

function causeText(cause = ''): string {
  return causes[cause] ?? cause;
}

const causes: Readonly<Record<string, string>> = {
  signal: 'a signal reached its threshold',
  dwell: 'it had been calm for long enough',
  override: 'an operator asked for it',
  override_ended: 'an override ended',
  force: 'the configuration asks for it',
};

/** Up: the threshold that was reached. Down: where it had to get, and got. */
function evidenceText({ signal = '', value, threshold }: EvidenceJson, cause = ''): string {
  const role = cause === 'dwell' ? 'release' : 'threshold';
  return `${signal} ${numberText(value)} (${role} ${numberText(threshold)})`;
}

function numberText(value: number | string | undefined): string {
  const number = optionalNumber(value);
  if (number === undefined || Number.isNaN(number)) return '-';
  return Number.isFinite(number) ? String(Number(number.toFixed(1))) : 'never';
}
