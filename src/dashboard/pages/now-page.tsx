// What the engine does now and did in the last 15 minutes, on one screen.

import { durationText, sizeText } from '../../ctl/quantity-text.ts';
import type { StatusJson } from '../../generated/gophership/control/v1/control_pb.js';
import { byteRateText, rateText } from '../amount-text.ts';
import { byteRateScale, byteScale, rateScale } from '../chart-scale.ts';
import { useDashboard } from '../dashboard.tsx';
import { DestinationTable } from '../destination-table.tsx';
import { Gauges } from '../gauges.tsx';
import type { HistoryFeed } from '../history-feed.ts';
import { LedgerView } from '../ledger-view.tsx';
import { LineChart } from '../line-chart.tsx';
import { useLiveAnswer, useLiveHistory } from '../live-answers.tsx';
import type { Quantity } from '../sample-history.ts';
import { Figures } from '../stale-figures.tsx';
import { optionalNumber } from '../wire-json.ts';
import { ZoneRibbon } from '../zone-ribbon.tsx';

export function NowPage() {
  const feed = useLiveHistory();
  const { live } = useDashboard();
  const status = live.status.value;
  const ledger = useLiveAnswer('ControlService/GetLedger', {});
  const ledgerAnswer = ledger.answer.value;
  const past = { atMs: feed.atMs.value, fault: feed.fault.value };
  return (
    <>
      <Figures title="Zones" {...past}>
        <ZoneRibbon feed={feed} />
      </Figures>
      <Figures title="Flow" {...past}>
        <FlowNumbers feed={feed} status={status?.value} />
        <div class="charts">
          <LineChart title="Batches" lines={batches} feed={feed} scale={rateScale} />
          <LineChart title="Bytes" lines={bytes} feed={feed} scale={byteRateScale} />
          <LineChart title="Held" lines={held} feed={feed} scale={byteScale} />
        </div>
      </Figures>
      <Figures title="Signals" atMs={status?.atMs}>
        <Gauges signals={status?.value.signals ?? []} />
      </Figures>
      <div class="columns">
        <Figures title="Ledger" atMs={ledgerAnswer?.atMs} fault={ledger.fault.value}>
          {ledgerAnswer !== undefined && <LedgerView ledger={ledgerAnswer.value} />}
        </Figures>
        <Figures title="Destinations" atMs={status?.atMs}>
          <DestinationTable destinations={status?.value.destinations ?? []} />
        </Figures>
      </div>
    </>
  );
}

const batches = [
  { name: 'received', quantity: 'receivedBatchesPerSecond' },
  { name: 'acknowledged', quantity: 'ackedBatchesPerSecond' },
  { name: 'exported', quantity: 'exportedBatchesPerSecond' },
  { name: 'into the vault', quantity: 'vaultedBatchesPerSecond' },
  { name: 'replayed', quantity: 'replayedBatchesPerSecond' },
  { name: 'refused', quantity: 'refusedBatchesPerSecond' },
] as const;

const bytes = [
  { name: 'received', quantity: 'receivedBytesPerSecond' },
  { name: 'exported', quantity: 'exportedBytesPerSecond' },
  { name: 'into the vault', quantity: 'vaultedBytesPerSecond' },
] as const;

const held = [
  { name: 'in flight', quantity: 'inFlightBytes' },
  { name: 'in the vault', quantity: 'vaultUsedBytes' },
] as const;

interface FlowNumbersProps {
  readonly feed: HistoryFeed;
  readonly status: StatusJson | undefined;
}

function FlowNumbers({ feed: { history }, status }: FlowNumbersProps) {
  void history.version.value;
  const last = (quantity: Quantity) => history.column(quantity).at(-1) ?? undefined;
  const flow = status?.flow;
  const p50 = optionalNumber(flow?.ackP50Ms);
  const p99 = optionalNumber(flow?.ackP99Ms);
  const numbers = [
    ['received', textOf(last('receivedBatchesPerSecond'), rateText)],
    ['received bytes', textOf(last('receivedBytesPerSecond'), byteRateText)],
    [
      'acknowledged after (p50 / p99)',
      `${textOf(p50, durationText)} / ${textOf(p99, durationText)}`,
    ],
    ['exported', textOf(last('exportedBatchesPerSecond'), rateText)],
    ['into the vault', textOf(last('vaultedBatchesPerSecond'), rateText)],
    ['refused', textOf(last('refusedBatchesPerSecond'), rateText)],
    ['in flight', textOf(last('inFlightBytes'), sizeText)],
    ['connections', String(flow?.openConnections ?? 0)],
  ] as const;
  return (
    <dl class="numbers">
      {numbers.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function textOf(amount: number | undefined, text: (amount: number) => string): string {
  return amount === undefined ? '-' : text(amount);
}
