// What goes back from the vault into the pipeline, how fast and for how long; and plans for it.

import { useSignal } from '@preact/signals';
import { countText, durationText, sizeText } from '../../ctl/quantity-text.ts';
import type {
  ReplayDestinationJson,
  ReplayJson,
} from '../../generated/gophership/control/v1/replay_pb.js';
import { byteRateText } from '../amount-text.ts';
import { byteRateScale, countScale } from '../chart-scale.ts';
import { useDashboard, useIsOperator } from '../dashboard.tsx';
import { Icon, type IconName } from '../icon.tsx';
import { LineChart } from '../line-chart.tsx';
import { useLiveAnswer, useLiveHistory } from '../live-answers.tsx';
import { OperatorDialog } from '../operator-dialog.tsx';
import { ReplayForm } from '../replay-form.tsx';
import { Figures } from '../stale-figures.tsx';
import { WideTable } from '../wide-table.tsx';
import { durationMsOf, numberOf } from '../wire-json.ts';

export function ReplayPage() {
  const asked = useLiveAnswer('ReplayService/GetReplay', {});
  const feed = useLiveHistory();
  const answer = asked.answer.value;
  const replay = answer?.value.replay;
  return (
    <>
      <Figures
        title="Replay"
        atMs={answer?.atMs}
        fault={asked.fault.value}
        actions={<PauseButton replay={replay} />}
      >
        {replay !== undefined && <ReplayState replay={replay} />}
      </Figures>
      <Figures title="Last 15 minutes" atMs={feed.atMs.value} fault={feed.fault.value}>
        <div class="charts">
          <LineChart title="Rate" lines={rate} feed={feed} scale={byteRateScale} />
          <LineChart title="Waiting batches" lines={waiting} feed={feed} scale={countScale} />
        </div>
      </Figures>
      <Figures title="Destinations" atMs={answer?.atMs}>
        <DestinationsTable destinations={replay?.destinations ?? []} />
      </Figures>
      <Figures title="Plan">
        <ReplayForm />
      </Figures>
    </>
  );
}

const rate = [
  { name: 'replayed', quantity: 'replayedBytesPerSecond' },
  { name: 'received', quantity: 'receivedBytesPerSecond' },
] as const;

const waiting = [{ name: 'waiting', quantity: 'replayWaitingBatches' }] as const;

function PauseButton({ replay }: { readonly replay: ReplayJson | undefined }) {
  const { client, live } = useDashboard();
  const isOpen = useSignal(false);
  if (!useIsOperator() || replay === undefined) return null;
  const isPaused = replay.state === 'paused';
  const title = isPaused ? 'Resume the replay' : 'Pause the replay';
  const plan = isPaused
    ? ['go on with the plan that is set']
    : ['send nothing from the vault until it is resumed, or until the vault is nearly full'];
  const act = (reason: string) =>
    client.call(isPaused ? 'ReplayService/ResumeReplay' : 'ReplayService/PauseReplay', { reason });
  return (
    <>
      <button
        type="button"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        {isPaused ? 'Resume…' : 'Pause…'}
      </button>
      {isOpen.value && (
        <OperatorDialog
          {...{ title, plan, act }}
          verb={isPaused ? 'Resume it' : 'Pause it'}
          undo={isPaused ? 'gs-ctl replay pause' : 'gs-ctl replay resume'}
          close={() => {
            isOpen.value = false;
            void live.askOnce();
          }}
        />
      )}
    </>
  );
}

function ReplayState({ replay }: { readonly replay: ReplayJson }) {
  const { state = 'unknown', reason = '', by = '', byReason = '' } = replay;
  const etaMs = durationMsOf(replay.eta);
  const icon = icons[state] ?? 'unknown';
  const numbers = [
    ['until nothing waits', etaMs === undefined ? '-' : durationText(etaMs)],
    ['allowed now', byteRateText(numberOf(replay.allowedBytesPerSecond))],
    ['rate', byteRateText(numberOf(replay.rateBytesPerSecond))],
    ['order', replay.order === 'REPLAY_ORDER_NEWEST' ? 'newest first' : 'oldest first'],
    ['replayed', countText(numberOf(replay.replayedBatches))],
    ['replayed bytes', sizeText(numberOf(replay.replayedBytes))],
    ['vault used', `${Number(numberOf(replay.vaultUsedPercent).toFixed(1))} %`],
  ] as const;
  return (
    <>
      <p class="lead">
        <Icon name={icon} /> {state}
        {reason !== '' && `: ${reason}`}
      </p>
      <ul class="facts">
        {by !== '' && (
          <li>
            Set by {by}
            {byReason !== '' && `: ${byReason}`}
          </li>
        )}
        {replay.isRangeDone === true && (
          <li>Everything of the plan’s time has been sent; the rest stays in the vault.</li>
        )}
        {replay.isDraining === true && (
          <li>An operator drains the engine: everything goes, and plans wait.</li>
        )}
      </ul>
      <dl class="numbers">
        {numbers.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const icons: Readonly<Record<string, IconName>> = {
  running: 'good',
  paused: 'waiting',
  held: 'waiting',
  stopped: 'bad',
};

function DestinationsTable(props: { readonly destinations: readonly ReplayDestinationJson[] }) {
  const rows = props.destinations.map((destination) => ({
    key: destination.id ?? '',
    cells: [
      destination.id,
      ...[destination.waitingBatches, destination.sendingBatches, destination.heldBatches].map(
        (amount) => countText(numberOf(amount)),
      ),
      [
        destination.isDown === true ? 'down' : '',
        destination.isDeadLetterFull === true ? 'its dead letter is full' : '',
      ]
        .filter((text) => text !== '')
        .join(', ') || 'takes batches',
    ],
  }));
  const empty = 'No required destination.';
  return <WideTable {...{ title: 'Destinations', columns, rows, empty }} />;
}

const columns = [
  { name: 'destination' },
  { name: 'waiting', isNumber: true },
  { name: 'sending', isNumber: true },
  { name: 'held by shards', isNumber: true },
  { name: 'state' },
];
