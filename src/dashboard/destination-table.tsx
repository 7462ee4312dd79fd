// Where records go: each destination with its state as a word and an icon.

import { countText } from '../ctl/quantity-text.ts';
import type { DestinationJson } from '../generated/gophership/control/v1/control_pb.js';
import { Icon, type IconName } from './icon.tsx';
import { WideTable } from './wide-table.tsx';
import { numberOf } from './wire-json.ts';

export function DestinationTable(props: { readonly destinations: readonly DestinationJson[] }) {
  const rows = props.destinations.map((destination) => {
    const { icon, word } = states[destination.state ?? ''] ?? { icon: 'unknown', word: 'unknown' };
    return {
      key: destination.id ?? '',
      cells: [
        destination.id,
        <span key="state" class="nowrap">
          <Icon name={icon} /> {word}
        </span>,
        destination.isRequired === true ? 'yes' : 'no',
        ...[
          ...[destination.deliveredBatches, destination.deliveredRecords],
          ...[destination.rejectedRecords, destination.droppedRecords],
          ...[destination.queuedBatches, destination.inFlightRequests],
          ...[destination.failedRequests, destination.vaultBatches],
        ].map((amount) => countText(numberOf(amount))),
      ],
    };
  });
  const title = 'Destinations';
  return <WideTable {...{ title, columns, rows }} empty="The engine has no destination." />;
}

const columns = [
  { name: 'destination' },
  { name: 'state' },
  { name: 'required' },
  ...[
    ...['delivered', 'records', 'rejected', 'dropped'],
    ...['queued', 'requests', 'failed', 'in the vault'],
  ].map((name) => ({ name, isNumber: true })),
];

const states: Readonly<Record<string, { readonly icon: IconName; readonly word: string }>> = {
  STATE_WORKS: { icon: 'good', word: 'works' },
  STATE_DOWN: { icon: 'bad', word: 'down' },
  STATE_PROBING: { icon: 'waiting', word: 'probing' },
};
