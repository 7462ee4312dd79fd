// A plan for the replay: what it would send and how long that would take, for everybody; to start
// it, for operators.

import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { countText, durationText, sizeText } from '../ctl/quantity-text.ts';
import type { EstimateReplayResponseJson } from '../generated/gophership/control/v1/replay_pb.js';
import { asFault, CallFault } from './call-fault.ts';
import { useDashboard, useIsOperator } from './dashboard.tsx';
import { FaultNote } from './fault-note.tsx';
import { OperatorDialog } from './operator-dialog.tsx';
import { emptyPlan, type PlanFields, planWords, replayPlan } from './replay-plan.ts';
import { durationMsOf, numberOf } from './wire-json.ts';

export function ReplayForm() {
  const { client, live } = useDashboard();
  const fields = useSignal<PlanFields>(emptyPlan);
  const estimate = useSignal<EstimateReplayResponseJson | undefined>(undefined);
  const fault = useSignal<CallFault | undefined>(undefined);
  const isStarting = useSignal(false);
  const asking = useRef<AbortController>(undefined);
  const isOperator = useIsOperator();
  useEffect(() => () => asking.current?.abort(), []);
  const planned = () => {
    try {
      fault.value = undefined;
      return replayPlan(fields.value);
    } catch (error) {
      fault.value = new CallFault('PLAN', error instanceof Error ? error.message : '');
      return undefined;
    }
  };
  const ask = async () => {
    const plan = planned();
    if (plan === undefined) return;
    asking.current?.abort();
    const turn = new AbortController();
    asking.current = turn;
    estimate.value = {};
    try {
      for await (const found of client.stream(
        'ReplayService/EstimateReplay',
        { plan },
        turn.signal,
      ))
        estimate.value = found;
    } catch (error) {
      if (turn.signal.aborted) return;
      estimate.value = undefined;
      fault.value = asFault(error);
    }
  };
  const change = (changed: Partial<PlanFields>) => {
    fields.value = { ...fields.value, ...changed };
  };
  return (
    <>
      <PlanInputs fields={fields.value} change={change} />
      <div class="buttons">
        <button type="button" onClick={ask}>
          Estimate
        </button>
        {isOperator && (
          <button
            type="button"
            class="main"
            onClick={() => {
              isStarting.value = planned() !== undefined;
            }}
          >
            Start…
          </button>
        )}
      </div>
      {fault.value !== undefined && <FaultNote fault={fault.value} />}
      {estimate.value !== undefined && <Estimate found={estimate.value} />}
      {isStarting.value && (
        <OperatorDialog
          title="Start this replay"
          plan={planWords(fields.value)}
          undo="start one with empty fields: then the configuration decides"
          verb="Start it"
          act={(reason) =>
            client.call('ReplayService/StartReplay', { plan: replayPlan(fields.value), reason })
          }
          close={() => {
            isStarting.value = false;
            void live.askOnce();
          }}
        />
      )}
    </>
  );
}

interface PlanInputsProps {
  readonly fields: PlanFields;
  change(changed: Partial<PlanFields>): void;
}

function PlanInputs({ fields, change }: PlanInputsProps) {
  const id = useId();
  return (
    <div class="fields">
      <label for={`${id}-order`}>Order</label>
      <select
        id={`${id}-order`}
        value={fields.order}
        onChange={({ currentTarget: { value } }) =>
          change({ order: value === 'oldest' || value === 'newest' ? value : 'configured' })
        }
      >
        <option value="configured">as configured</option>
        <option value="oldest">oldest first</option>
        <option value="newest">newest first</option>
      </select>
      <label for={`${id}-rate`}>Rate, MiB/s</label>
      <input
        id={`${id}-rate`}
        inputMode="decimal"
        placeholder="as configured"
        value={fields.rate}
        onInput={({ currentTarget: { value } }) => change({ rate: value })}
      />
      <label for={`${id}-from`}>Received from</label>
      <input
        id={`${id}-from`}
        type="datetime-local"
        step="1"
        value={fields.from}
        onInput={({ currentTarget: { value } }) => change({ from: value })}
      />
      <label for={`${id}-to`}>Received before</label>
      <input
        id={`${id}-to`}
        type="datetime-local"
        step="1"
        value={fields.to}
        onInput={({ currentTarget: { value } }) => change({ to: value })}
      />
    </div>
  );
}

function Estimate({ found }: { readonly found: EstimateReplayResponseJson }) {
  const durationMs = durationMsOf(found.durationMin);
  const uncounted = numberOf(found.uncountedBatches);
  const lost = numberOf(found.lostBatches);
  const time = durationMs === undefined ? '-' : `at least ${durationText(durationMs)}`;
  return (
    <div role="status" class="estimate">
      <p>{found.isComplete === true ? 'It would send:' : 'Reading the vault, so far:'}</p>
      <ul class="parts">
        <li>{countText(numberOf(found.segments))} segments</li>
        <li>{countText(numberOf(found.batches))} batches</li>
        <li>
          {uncounted > 0 ? 'at least ' : ''}
          {countText(numberOf(found.recordsMin))} records
        </li>
        <li>{sizeText(numberOf(found.bytes))}</li>
        <li>{time}</li>
        {lost > 0 && <li>{countText(lost)} damaged</li>}
      </ul>
    </div>
  );
}
