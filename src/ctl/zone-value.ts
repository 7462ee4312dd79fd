// Zone, override and signals of an answer, as the objects that programs get.

import { type Duration, durationMs, type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  type Override,
  type Signal,
  SignalUnit,
  type ZoneStatus,
} from '../generated/gophership/control/v1/control_pb.js';
import { zoneWord } from './zone-text.ts';

export function zoneValue(status: ZoneStatus | undefined) {
  return {
    zone: zoneWord(status?.zone),
    computedZone: zoneWord(status?.computedZone),
    durationMs: msOf(status?.duration),
    reason: status?.reason ?? '',
    observesOnly: status?.observesOnly ?? false,
    override: status?.override === undefined ? null : overrideValue(status.override),
  };
}

export function signalValue(signal: Signal) {
  return {
    name: signal.name,
    unit: unitWord(signal.unit),
    value: jsonNumber(signal.value),
    yellow: jsonNumber(signal.yellow),
    red: jsonNumber(signal.red),
    holds: zoneWord(signal.holds),
    release: jsonNumber(signal.release),
  };
}

/** As in the JSON form of protobuf; null: there is none. */
export function jsonNumber(value: number | undefined): number | string | null {
  if (value === undefined || Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : String(value);
}

/** Null: not there. */
export function msOf(duration: Duration | undefined): number | null {
  return duration === undefined ? null : durationMs(duration);
}

/** RFC 3339; null: not there. */
export function timeOf(timestamp: Timestamp | undefined): string | null {
  return timestamp === undefined ? null : timestampDate(timestamp).toISOString();
}

function overrideValue(override: Override) {
  return {
    zone: zoneWord(override.zone),
    reason: override.reason,
    by: override.by,
    /** Null: until the configuration says otherwise. */
    leftMs: msOf(override.left),
    isOverruled: override.isOverruled,
  };
}

function unitWord(unit: SignalUnit): string {
  switch (unit) {
    case SignalUnit.PERCENT:
      return 'percent';
    case SignalUnit.MILLISECONDS:
      return 'milliseconds';
    case SignalUnit.LEVEL:
      return 'level';
    case SignalUnit.BYTES_PER_SECOND:
      return 'bytes_per_second';
    default: // also of a later engine
      return 'unknown';
  }
}
