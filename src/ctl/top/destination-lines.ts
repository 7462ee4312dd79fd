// Where batches go: a line for each destination, with as many columns as fit.

import type { Destination } from '../../generated/gophership/control/v1/control_pb.js';
import { countText } from '../quantity-text.ts';
import { destinationStyle } from '../status-table.ts';
import { destinationState } from '../status-value.ts';
import { plain } from '../text-style.ts';
import { fitted, type Line, line, type Span, span } from './line.ts';
import { heading, pageOf, paneName, rightAligned, type ScrolledSpace } from './pane.ts';

export function destinationLines(space: ScrolledSpace): Line[] {
  const { live, rows, width, scroll } = space;
  if (rows <= 0) return [];
  const destinations = live.status?.destinations ?? [];
  const page = pageOf(destinations, rows - 1, scroll);
  const nameWidth = Math.max(12, ...destinations.map(({ id }) => id.length));
  const shown = columnsWithin(width - nameWidth - 1);
  const headings = shown.map(({ title, width: cell }) => rightAligned(title, cell)).join('');
  const name = paneName('DESTINATIONS', space).padEnd(nameWidth + 1);
  return [
    heading(`${name}${headings}`, width, page.note),
    ...page.items.map((destination) => {
      const style = destinationStyle(destination.state);
      const cells: Span[] = shown.map(({ text, width: cell }, column) =>
        span(rightAligned(text(destination), cell), column === 0 ? style : plain),
      );
      const id = fitted(line(span(destination.id)), Math.min(nameWidth, width - 1));
      return fitted([span(' '), ...id, ...cells], width);
    }),
  ];
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly text: (destination: Destination) => string;
}

/** What matters most first: the others are left out where there is no room. */
const allColumns: readonly Column[] = [
  { title: 'STATE', width: 9, text: ({ state }) => destinationState(state) },
  { title: 'QUEUED', width: 9, text: ({ queuedBatches }) => countText(queuedBatches) },
  { title: 'DELIVERED', width: 15, text: ({ deliveredBatches }) => countText(deliveredBatches) },
  { title: 'FAILED', width: 9, text: ({ failedRequests }) => countText(failedRequests) },
  { title: 'IN VAULT', width: 13, text: ({ vaultBatches }) => countText(vaultBatches) },
  { title: 'REQUESTS', width: 10, text: ({ inFlightRequests }) => countText(inFlightRequests) },
  { title: 'REJECTED', width: 12, text: ({ rejectedRecords }) => countText(rejectedRecords) },
  { title: 'DROPPED', width: 12, text: ({ droppedRecords }) => countText(droppedRecords) },
];

function columnsWithin(width: number): Column[] {
  let taken = 0;
  const firstOut = allColumns.findIndex((column) => {
    taken += column.width;
    return taken > width;
  });
  return allColumns.slice(0, firstOut === -1 ? allColumns.length : firstOut);
}
