// Holding a zone for a time, and letting it go.

import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { durationText } from '../ctl/quantity-text.ts';
import type { OverrideJson } from '../generated/gophership/control/v1/control_pb.js';
import { useDashboard } from './dashboard.tsx';
import { OperatorDialog } from './operator-dialog.tsx';
import { durationJson } from './wire-json.ts';
import { zoneJson, zoneTitle, zoneWord, zoneWords } from './zone-word.ts';

export interface OverrideDialogProps {
  readonly replaced: OverrideJson | undefined;
  close(): void;
}

export function SetOverrideDialog({ replaced, close }: OverrideDialogProps) {
  const { client } = useDashboard();
  const zone = useSignal<(typeof zoneWords)[number]>('yellow');
  const minutes = useSignal(15);
  const [zoneId, timeId] = [useId(), useId()];
  const durationMs = minutes.value * 60_000;
  const plan = [
    `hold this engine in ${zoneTitle(zone.value)} for ${durationText(durationMs)}`,
    ...(replaced === undefined
      ? []
      : [`in place of ${zoneTitle(zoneWord(replaced.zone))} by ${replaced.by ?? ''}`]),
    ...(zone.value === 'red' ? [] : ['memory that runs short turns the zone Red all the same']),
  ];
  const act = (reason: string) =>
    client.call('ControlService/SetOverride', {
      ...{ zone: zoneJson(zone.value), duration: durationJson(durationMs), reason },
    });
  const undo = 'gs-ctl override clear --reason undo';
  return (
    <OperatorDialog title="Hold a zone" verb="Hold it" {...{ plan, undo, act, close }}>
      <div class="fields">
        <label for={zoneId}>Zone</label>
        <select
          id={zoneId}
          value={zone}
          onChange={({ currentTarget }) => {
            zone.value = zoneWords.find((word) => word === currentTarget.value) ?? 'yellow';
          }}
        >
          {zoneWords.map((word) => (
            <option key={word} value={word}>
              {zoneTitle(word)}
            </option>
          ))}
        </select>
        <label for={timeId}>For</label>
        <select
          id={timeId}
          value={minutes}
          onChange={({ currentTarget }) => {
            minutes.value = Number(currentTarget.value);
          }}
        >
          {minuteChoices.map((choice) => (
            <option key={choice} value={choice}>
              {durationText(choice * 60_000)}
            </option>
          ))}
        </select>
      </div>
    </OperatorDialog>
  );
}

const minuteChoices = [5, 15, 60, 4 * 60, 24 * 60];

export interface ClearOverrideDialogProps {
  readonly override: OverrideJson | undefined;
  close(): void;
}

export function ClearOverrideDialog({ override, close }: ClearOverrideDialogProps) {
  const { client } = useDashboard();
  const zone = zoneTitle(zoneWord(override?.zone));
  const plan = [`end the override: ${zone} by ${override?.by ?? ''}: ${override?.reason ?? ''}`];
  const act = (reason: string) => client.call('ControlService/ClearOverride', { reason });
  const undo = 'hold the zone again';
  return <OperatorDialog title="End the override" verb="End it" {...{ plan, undo, act, close }} />;
}
