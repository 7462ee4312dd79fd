// Why the zone is what it is, in one line for people. Programs read the fields beside it.

import { unreachable } from '../assert.ts';
import { Zone, zoneName } from '../memory/zone-word.ts';
import { signalTable } from '../monitor/signal-table.ts';
import type { SignalState, ZoneExplanation } from '../monitor/zone-explain.ts';

/** `acting`: what the engine does, which is Green while it only observes. */
export function zoneReason(explained: ZoneExplanation, acting: Zone): string {
  const { override, zone } = explained;
  const why = signalsReason(explained);
  if (override?.isOverruled === true) return `memory is short, which no override lowers: ${why}`;
  if (override !== undefined) return `held by ${override.by}: ${override.reason}`;
  return acting === zone ? why : `only observed, would be ${zoneName(zone)}: ${why}`;
}

function signalsReason({ computedZone, holding, ...explained }: ZoneExplanation): string {
  if (holding.length > 0) return holding.map(signalReason).join(', ');
  if (computedZone === Zone.Green) return 'no signal is at its threshold';
  const last = explained.lastHeldBy.join(', ');
  const leftS = Math.ceil((explained.dwellLeftMs ?? 0) / 1_000);
  return `calm, ${leftS} s until it is lower; last held by ${last || 'a signal that is gone'}`;
}

/** `arena_percent 91.2 % (until below 68 %)`. */
function signalReason({ name, unit, value, release }: SignalState): string {
  const head = `${name} ${valueText(value, unit)}`;
  if (!Number.isFinite(release)) return head;
  return `${head} (until ${isFalling(name) ? 'above' : 'below'} ${valueText(release, unit)})`;
}

function isFalling(name: string): boolean {
  return signalTable.some((row) => row.name === name && row.isFalling);
}

function valueText(value: number, unit: SignalState['unit']): string {
  const rounded = Math.round(value * 10) / 10;
  switch (unit) {
    case 'percent':
      return `${rounded} %`;
    case 'milliseconds':
      return `${rounded} ms`;
    case 'level':
      return String(rounded);
    case 'bytes_per_second':
      return `${Math.round(value)} B/s`;
    default:
      return unreachable(unit, 'unit of a signal');
  }
}
