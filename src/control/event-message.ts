// One event as a message: a change of the zone with its evidence, or what an operator asked for.

import { create } from '@bufbuild/protobuf';
import { unreachable } from '../assert.ts';
import { type Event, EventSchema } from '../generated/gophership/control/v1/control_pb.js';
import type { Transition } from '../monitor/zone-history.ts';
import type { AuditedMutation } from './audit-log.ts';
import type { ControlEvent } from './event-list.ts';
import { finite, wireDuration, wireTime } from './wire-number.ts';
import { wireZone } from './zone-message.ts';

export function eventMessage(event: ControlEvent): Event {
  switch (event.kind) {
    case 'zone':
      return zoneChange(event.transition);
    case 'mutation':
      return mutationMessage(event.mutation);
    default:
      return unreachable(event, 'kind of event');
  }
}

function zoneChange({ wallMs, from, to, cause, signals, durationMs, override }: Transition): Event {
  const value = {
    from: wireZone(from),
    to: wireZone(to),
    cause,
    evidence: signals.map(({ name, value, threshold }) => ({
      signal: name,
      value: finite(value),
      threshold: finite(threshold),
    })),
    after: wireDuration(durationMs),
    reason: override?.reason ?? '',
    by: override?.by ?? '',
  };
  return create(EventSchema, { time: wireTime(wallMs), event: { case: 'zoneChange', value } });
}

function mutationMessage({ wallMs, ...value }: AuditedMutation): Event {
  return create(EventSchema, { time: wireTime(wallMs), event: { case: 'mutation', value } });
}
