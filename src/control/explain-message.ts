// Why the zone is what it is, as a message: what holds it, how long it still dwells, and which
// signals this host does not have.

import { create } from '@bufbuild/protobuf';
import {
  type ExplainResponse,
  ExplainResponseSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import type { EngineView } from './engine-view.ts';
import { wireDuration } from './wire-number.ts';
import { signalMessages, zoneStatus } from './zone-message.ts';

export function explainMessage(view: EngineView): ExplainResponse {
  const { monitor } = view;
  const explained = monitor.explain();
  return create(ExplainResponseSchema, {
    zone: zoneStatus(view, explained),
    signals: signalMessages(explained.signals),
    holding: explained.holding.map(({ name }) => name),
    dwellLeft: wireDuration(explained.dwellLeftMs),
    lastHeldBy: [...explained.lastHeldBy],
    absent: monitor.sources.flatMap(({ live, name }) => (live ? [] : [name])),
  });
}
