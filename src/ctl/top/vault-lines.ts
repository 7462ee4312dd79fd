// The vault and what goes out of it again, a line each.

import type {
  ReplayStatus,
  VaultStatus,
} from '../../generated/gophership/control/v1/control_pb.js';
import { countOf, countText, sizeText } from '../quantity-text.ts';
import { spanText, vaultStyle } from '../status-table.ts';
import { bold, plain } from '../text-style.ts';
import { rateText } from './flow-lines.ts';
import { bar } from './gauge.ts';
import { fitted, joined, type Line, line, span } from './line.ts';
import type { PaneSpace } from './pane.ts';
import type { Live } from './top-state.ts';

export function vaultLine({ live, width, glyphs }: PaneSpace): Line {
  const { status } = live;
  if (status?.vault === undefined)
    return fitted(line(title('VAULT'), status ? 'none' : '-'), width);
  const { vault } = status;
  const fraction = vault.limitBytes > 0 ? vault.usedBytes / vault.limitBytes : 0;
  const barWidth = Math.min(barWidthMax, width - besideBarWidth);
  const shownBar = barWidth < barWidthMin ? [] : [...bar(fraction, barWidth, glyphs), span(' ')];
  const parts: Line[] = [
    line(title('VAULT'), span(vault.state.padEnd(9), vaultStyle(vault))),
    line(
      ...shownBar,
      `${(fraction * 100).toFixed(1)} %  ${sizeText(vault.usedBytes)} of ${sizeText(vault.limitBytes)}`,
    ),
    ...troubles(vault),
    line(countOf(vault.segmentCount, 'segment')),
    line(`${countText(vault.appendedBatches)} appended`),
    ...(vault.usesDirectIo ? [] : [line('no direct I/O')]),
  ];
  return joined(parts, width);
}

export function replayLine({ live, width }: PaneSpace): Line {
  const { replay } = live.status ?? {};
  if (replay === undefined) return fitted(line(title('REPLAY'), '-'), width);
  return joined(replayParts(replay, live), width);
}

const barWidthMin = 4;
const barWidthMax = 16;
/** Name, state, share and sizes. */
const besideBarWidth = 54;

function title(text: string) {
  return span(` ${text.padEnd(8)}`, { isBold: true, colour: 'cyan' });
}

/** What is not 0 is worth the room. */
function troubles({ lostBatches, droppedBatches, deadLetters }: VaultStatus): Line[] {
  const counts = [
    [lostBatches, 'lost'],
    [droppedBatches, 'dropped'],
    [deadLetters, 'dead letter', 'dead letters'],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, one, many = one]) => line(span(countOf(count, one, many), bold)));
}

function replayParts(replay: ReplayStatus, { samples }: Live): Line[] {
  const { state, waitingBatches, replayedBatches, eta } = replay;
  const rate = samples.at(-1)?.rates.replayed;
  const style = state === 'paused' ? bold : plain;
  return [
    line(title('REPLAY'), span(state.padEnd(9), style)),
    line(`${countText(waitingBatches)} waiting`),
    line(`ETA ${waitingBatches > 0 && eta !== undefined ? spanText(eta) : '-'}`),
    line(`${rateText(rate)} batches/s`),
    line(`${countText(replayedBatches)} replayed`),
  ];
}
