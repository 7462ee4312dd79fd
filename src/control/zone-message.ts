// The zone, its signals and the override as messages: what status, explain and the answers to
// overrides have in common.

import { create } from '@bufbuild/protobuf';
import { unreachable } from '../assert.ts';
import {
  type Override,
  OverrideSchema,
  type Signal,
  SignalSchema,
  SignalUnit as WireUnit,
  Zone as WireZone,
  type ZoneStatus,
  ZoneStatusSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { Zone } from '../memory/zone-word.ts';
import type { SignalUnit } from '../monitor/signal-table.ts';
import type { OverrideState, SignalState, ZoneExplanation } from '../monitor/zone-explain.ts';
import type { EngineView } from './engine-view.ts';
import { finite, wireDuration } from './wire-number.ts';
import { zoneReason } from './zone-reason.ts';

/** `explained`: of this moment. */
export function zoneStatus(view: EngineView, explained: ZoneExplanation): ZoneStatus {
  const acting = view.zonePage.zone.get();
  return create(ZoneStatusSchema, {
    zone: wireZone(acting),
    computedZone: wireZone(explained.computedZone),
    // How long a zone has acted that is not the machine's is not known.
    duration: acting === explained.zone ? wireDuration(explained.durationMs) : undefined,
    override: explained.override && overrideMessage(explained.override),
    observesOnly: view.observesOnly,
    reason: zoneReason(explained, acting),
  });
}

export function signalMessages(signals: readonly SignalState[]): Signal[] {
  return signals.map(({ name, unit, value, yellow, red, holds, release, moveBy }) =>
    create(SignalSchema, {
      ...{ name, unit: wireUnit(unit), holds: wireZone(holds) },
      // Infinity as well, which is memory_exhaustion while nothing grows: 0 would be its worst.
      value,
      yellow: finite(yellow),
      red: finite(red),
      release: moveBy === undefined ? undefined : finite(release),
    }),
  );
}

export function wireZone(zone: Zone): WireZone {
  switch (zone) {
    case Zone.Green:
      return WireZone.GREEN;
    case Zone.Yellow:
      return WireZone.YELLOW;
    case Zone.Red:
      return WireZone.RED;
    default:
      return unreachable(zone, 'zone');
  }
}

/** Undefined: a caller's number that is no zone. */
export function zoneOf(zone: WireZone): Zone | undefined {
  switch (zone) {
    case WireZone.GREEN:
      return Zone.Green;
    case WireZone.YELLOW:
      return Zone.Yellow;
    case WireZone.RED:
      return Zone.Red;
    default:
      return undefined;
  }
}

export function wireUnit(unit: SignalUnit): WireUnit {
  switch (unit) {
    case 'percent':
      return WireUnit.PERCENT;
    case 'milliseconds':
      return WireUnit.MILLISECONDS;
    case 'level':
      return WireUnit.LEVEL;
    case 'bytes_per_second':
      return WireUnit.BYTES_PER_SECOND;
    default:
      return unreachable(unit, 'unit of a signal');
  }
}

function overrideMessage({ zone, reason, by, leftMs, isOverruled }: OverrideState): Override {
  const left = wireDuration(leftMs);
  return create(OverrideSchema, { zone: wireZone(zone), reason, by, left, isOverruled });
}
