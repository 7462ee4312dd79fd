// Why the zone is what it is, what has to happen for it to be left, and what was decided on which
// evidence. Operators hold a zone from here.

import { useSignal } from '@preact/signals';
import { durationText } from '../../ctl/quantity-text.ts';
import type {
  ExplainResponseJson,
  OverrideJson,
  SignalJson,
} from '../../generated/gophership/control/v1/control_pb.js';
import { useDashboard, useIsOperator } from '../dashboard.tsx';
import { DecisionList } from '../decision-list.tsx';
import { useLiveAnswer } from '../live-answers.tsx';
import { ClearOverrideDialog, SetOverrideDialog } from '../override-dialogs.tsx';
import { signalReading } from '../signal-reading.ts';
import { Figures } from '../stale-figures.tsx';
import { WideTable } from '../wide-table.tsx';
import { durationMsOf } from '../wire-json.ts';
import { ZoneBadge } from '../zone-badge.tsx';
import { zoneTitle, zoneWord } from '../zone-word.ts';

export function WhyPage() {
  const explained = useLiveAnswer('ControlService/Explain', {});
  const events = useLiveAnswer('ControlService/ListEvents', {});
  const answer = explained.answer.value;
  const decided = events.answer.value;
  return (
    <>
      <Figures
        title="This zone"
        atMs={answer?.atMs}
        fault={explained.fault.value}
        actions={<OverrideButtons override={answer?.value.zone?.override} />}
      >
        {answer !== undefined && <Explanation explained={answer.value} />}
      </Figures>
      <Figures title="Signals" atMs={answer?.atMs}>
        <SignalTable signals={answer?.value.signals ?? []} />
        <Absent names={answer?.value.absent ?? []} />
      </Figures>
      <Figures title="Decisions" atMs={decided?.atMs} fault={events.fault.value}>
        <DecisionList events={decided?.value.events ?? []} />
      </Figures>
    </>
  );
}

function OverrideButtons({ override }: { readonly override: OverrideJson | undefined }) {
  const { live } = useDashboard();
  const open = useSignal<'set' | 'clear' | undefined>(undefined);
  if (!useIsOperator()) return null;
  const close = () => {
    open.value = undefined;
    void live.askOnce();
  };
  return (
    <>
      <button
        type="button"
        onClick={() => {
          open.value = 'set';
        }}
      >
        Hold a zone…
      </button>
      {override?.left !== undefined && (
        <button
          type="button"
          onClick={() => {
            open.value = 'clear';
          }}
        >
          End the override…
        </button>
      )}
      {open.value === 'set' && <SetOverrideDialog replaced={override} close={close} />}
      {open.value === 'clear' && <ClearOverrideDialog override={override} close={close} />}
    </>
  );
}

function Explanation({ explained }: { readonly explained: ExplainResponseJson }) {
  const { zone, signals = [], holding = [], lastHeldBy = [] } = explained;
  const lasted = durationMsOf(zone?.duration);
  const dwellLeft = durationMsOf(explained.dwellLeft);
  const acting = zoneWord(zone?.zone);
  const computed = zoneWord(zone?.computedZone);
  const held = signals.filter(({ name = '' }) => holding.includes(name)).map(signalReading);
  const override = zone?.override;
  return (
    <>
      <p class="lead">
        <ZoneBadge zone={acting} /> {lasted !== undefined && `for ${durationText(lasted)}: `}
        {zone?.reason}
      </p>
      <ul class="facts">
        {acting !== computed && <li>The signals ask for {zoneTitle(computed)}.</li>}
        {override !== undefined && <li>{overrideText(override)}</li>}
        {zone?.observesOnly === true && (
          <li>zones.observe_only: the zone is computed, and nothing follows from it.</li>
        )}
        {held.map(({ name, releaseText }) => (
          <li key={name}>
            To leave it, {name} has to {releaseText === '' ? 'change' : releaseText}.
          </li>
        ))}
        {dwellLeft !== undefined && <li>To leave it, {durationText(dwellLeft)} more of calm.</li>}
        {lastHeldBy.length > 0 && <li>Last held by {lastHeldBy.join(', ')}.</li>}
      </ul>
    </>
  );
}

function overrideText({ zone, by, reason, left, isOverruled }: OverrideJson): string {
  const leftMs = durationMsOf(left);
  const end = leftMs === undefined ? 'without an end' : `for ${durationText(leftMs)} more`;
  const overruled = isOverruled === true ? ' Memory is short, and overrules it.' : '';
  return `Held in ${zoneTitle(zoneWord(zone))} by ${by ?? ''} ${end}: ${reason ?? ''}.${overruled}`;
}

function SignalTable({ signals }: { readonly signals: readonly SignalJson[] }) {
  const rows = signals.map(signalReading).map((reading) => ({
    key: reading.name,
    cells: [
      <code key="name">{reading.name}</code>,
      ...[reading.valueText, reading.yellowText, reading.redText],
      <ZoneBadge key="holds" zone={reading.holds} />,
      reading.marginText,
      reading.releaseText,
    ],
  }));
  const empty = 'No signal was read yet.';
  return <WideTable {...{ title: 'Signals', columns, rows, empty }} />;
}

const columns = [
  { name: 'signal' },
  { name: 'value', isNumber: true },
  { name: 'Yellow', isNumber: true },
  { name: 'Red', isNumber: true },
  { name: 'holds' },
  { name: 'margin' },
  { name: 'to leave' },
];

function Absent({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return <p class="hint">Not on this host: {names.join(', ')}.</p>;
}
