// What the vault holds: how full it is, by hour, by segment, and what nobody takes. The engine
// reads its files for this, so they are looked at once, and again when asked to.

import { useEffect } from 'preact/hooks';
import { countText, sizeText } from '../../ctl/quantity-text.ts';
import type { VaultStatusJson } from '../../generated/gophership/control/v1/control_pb.js';
import type {
  ListSegmentsResponseJson,
  SegmentJson,
  VaultCursorJson,
} from '../../generated/gophership/control/v1/vault_pb.js';
import { timeText } from '../amount-text.ts';
import { useDashboard } from '../dashboard.tsx';
import { DeadLetters } from '../dead-letters.tsx';
import { HourBars } from '../hour-bars.tsx';
import { useAsked } from '../live-answers.tsx';
import { Figures } from '../stale-figures.tsx';
import { vaultHours } from '../vault-hours.ts';
import { WideTable } from '../wide-table.tsx';
import { numberOf, optionalNumber, timeMsOf } from '../wire-json.ts';

export function VaultPage() {
  const { live } = useDashboard();
  const segments = useAsked('VaultService/ListSegments');
  const letters = useAsked('VaultService/ListDeadLetters');
  const look = async () => {
    // The engine answers one question about its files at a time.
    await segments.ask({ last: segmentsMax });
    await letters.ask({});
  };
  useEffect(() => void look(), [segments, letters]);
  const status = live.status.value;
  const answer = segments.answer.value;
  const isLooking = segments.isAsking.value || letters.isAsking.value;
  const again = (
    <button type="button" disabled={isLooking} onClick={look}>
      {isLooking ? 'Looking…' : 'Look again'}
    </button>
  );
  const files = { isOnDemand: true, atMs: answer?.atMs };
  return (
    <>
      <Figures title="Vault" atMs={status?.atMs}>
        <Summary vault={status?.value.vault} hasStatus={status !== undefined} />
      </Figures>
      <Figures title="By hour" {...files} fault={segments.fault.value} actions={again}>
        {answer !== undefined && <HourBars hours={vaultHours(answer.value.segments ?? [])} />}
      </Figures>
      <DeadLetters letters={letters} changed={look} />
      {answer !== undefined && (
        <>
          <Figures title="Destinations" {...files}>
            <CursorTable cursors={answer.value.cursors ?? []} />
          </Figures>
          <Figures title="Segments" {...files}>
            <SegmentTable answer={answer.value} />
          </Figures>
        </>
      )}
    </>
  );
}

const segmentsMax = 500;

interface SummaryProps {
  readonly vault: VaultStatusJson | undefined;
  readonly hasStatus: boolean;
}

function Summary({ vault, hasStatus }: SummaryProps) {
  if (!hasStatus) return <p class="empty">No status yet.</p>;
  if (vault === undefined) return <p class="empty">This engine has no vault.</p>;
  const used = numberOf(vault.usedBytes);
  const limit = numberOf(vault.limitBytes);
  const usedPercent = limit === 0 ? 0 : (used / limit) * 100;
  const numbers = [
    ['state', vault.state ?? '-'],
    ['segments', countText(numberOf(vault.segmentCount))],
    ['appended', countText(numberOf(vault.appendedBatches))],
    ['stored', sizeText(numberOf(vault.storedBytes))],
    ['lost', countText(numberOf(vault.lostBatches))],
    ['dropped', countText(numberOf(vault.droppedBatches))],
    ['dead letters', countText(numberOf(vault.deadLetters))],
    ['direct I/O', vault.usesDirectIo === true ? 'yes' : 'no'],
  ] as const;
  return (
    <>
      <p class="lead">
        {sizeText(used)} of {sizeText(limit)}
      </p>
      <div class="bar" aria-hidden="true">
        <div class="bar-fill" style={{ width: `${Math.min(usedPercent, 100)}%` }} />
      </div>
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

function CursorTable({ cursors }: { readonly cursors: readonly VaultCursorJson[] }) {
  const rows = cursors.map((cursor) => ({
    key: cursor.destination ?? '',
    cells: [
      cursor.destination,
      ...(cursor.isLost === true
        ? ['both copies of its cursor are damaged']
        : [cursor.owed, cursor.delivered, cursor.lost, cursor.dropped, cursor.deadLettered].map(
            (amount) => countText(numberOf(amount)),
          )),
    ],
  }));
  const empty = 'No destination has a place in the vault.';
  return <WideTable {...{ title: 'Destinations', columns: cursorColumns, rows, empty }} />;
}

function SegmentTable({ answer }: { readonly answer: ListSegmentsResponseJson }) {
  const { clock } = useDashboard();
  const { segments = [], segmentsLeftOut = 0, totals, quarantineFiles = 0 } = answer;
  const todayMs = clock.wallMs();
  const rows = [...segments].reverse().map((segment) => ({
    key: segment.segmentId ?? '',
    cells: segmentCells(segment, todayMs),
  }));
  const notes = [
    `${countText(numberOf(totals?.segments))} segments`,
    `${countText(numberOf(totals?.entries))} batches`,
    `${sizeText(numberOf(totals?.fileBytes))} on disk in ${answer.path ?? ''}`,
    ...(segmentsLeftOut > 0 ? [`${countText(segmentsLeftOut)} older ones are not shown`] : []),
    ...(quarantineFiles > 0 ? [`${countText(quarantineFiles)} files in quarantine`] : []),
  ];
  const empty = 'There is no segment.';
  return (
    <>
      <p class="hint">{notes.join(', ')}.</p>
      <WideTable {...{ title: 'Segments', columns: segmentColumns, rows, empty }} />
    </>
  );
}

function segmentCells(segment: SegmentJson, todayMs: number): string[] {
  const rawBytes = optionalNumber(segment.rawBytes);
  return [
    segment.segmentId ?? '',
    segment.state ?? '',
    countText(numberOf(segment.entryEnd) - numberOf(segment.firstEntrySeq)),
    timeText(timeMsOf(segment.oldest), todayMs),
    timeText(timeMsOf(segment.newest), todayMs),
    sizeText(numberOf(segment.storedBytes)),
    rawBytes === undefined ? '-' : sizeText(rawBytes),
  ];
}

const cursorColumns = [
  { name: 'destination' },
  ...['owed', 'delivered', 'lost', 'dropped', 'dead letters'].map((name) => ({
    name,
    isNumber: true,
  })),
];

const segmentColumns = [
  { name: 'segment' },
  { name: 'state' },
  { name: 'batches', isNumber: true },
  { name: 'oldest' },
  { name: 'newest' },
  { name: 'stored', isNumber: true },
  { name: 'raw', isNumber: true },
];
