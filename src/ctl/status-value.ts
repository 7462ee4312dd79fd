// A status as the object that programs get.

import {
  type Destination,
  Destination_State,
  type Flow,
  type ReplayStatus,
  type Status,
  type VaultStatus,
} from '../generated/gophership/control/v1/control_pb.js';
import { msOf, signalValue, timeOf, zoneValue } from './zone-value.ts';

export function statusValue(status: Status) {
  return {
    version: status.version,
    host: status.host,
    time: timeOf(status.time),
    uptimeMs: msOf(status.uptime),
    isDraining: status.isDraining,
    zone: zoneValue(status.zone),
    signals: status.signals.map(signalValue),
    flow: status.flow === undefined ? null : flowValue(status.flow),
    destinations: status.destinations.map(destinationValue),
    vault: status.vault === undefined ? null : vaultValue(status.vault),
    replay: status.replay === undefined ? null : replayValue(status.replay),
  };
}

export function destinationState(state: Destination_State): string {
  switch (state) {
    case Destination_State.WORKS:
      return 'works';
    case Destination_State.DOWN:
      return 'down';
    case Destination_State.PROBING:
      return 'probing';
    default: // also of a later engine
      return 'unknown';
  }
}

// What protobuf adds to a message is not for programs.
function flowValue({ $typeName: _, $unknown: __, ...flow }: Flow) {
  const { ackP50Ms = null, ackP99Ms = null } = flow;
  return { ...flow, ackP50Ms, ackP99Ms };
}

function destinationValue({ $typeName: _, $unknown: __, ...destination }: Destination) {
  return { ...destination, state: destinationState(destination.state) };
}

function vaultValue({ $typeName: _, $unknown: __, ...vault }: VaultStatus) {
  return vault;
}

function replayValue({ $typeName: _, $unknown: __, eta, ...replay }: ReplayStatus) {
  return { ...replay, etaMs: msOf(eta) };
}
