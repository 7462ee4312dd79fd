// The procedures of the control service, each over what the engine lets the control plane see. Who
// may call which is decided at the door (procedure-role.ts), before any of them runs.

import type { ServiceImpl } from '@connectrpc/connect';
import type { Clock } from '../clock.ts';
import type { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { watchStreamsMax } from '../limits.ts';
import type { Audit } from './audit-log.ts';
import { callerKey } from './caller-key.ts';
import type { EngineView } from './engine-view.ts';
import { eventList, lastEvents } from './event-list.ts';
import { eventMessage } from './event-message.ts';
import { EventWatch } from './event-watch.ts';
import { explainMessage } from './explain-message.ts';
import { ledgerMessage } from './ledger-message.ts';
import { mutationKey } from './mutation-call.ts';
import { clearOverride, setOverride } from './override-call.ts';
import { rpcFault } from './rpc-fault.ts';
import { statusMessage } from './status-message.ts';
import { StatusWatch } from './status-watch.ts';
import { WatchStreams } from './watch-streams.ts';
import { wireTime } from './wire-number.ts';
import { zoneStatus } from './zone-message.ts';

export interface ServiceParts {
  /** Undefined while the engine starts. */
  view(): EngineView | undefined;
  readonly clock: Clock;
  readonly audit: Audit;
}

export function controlService(parts: ServiceParts): ServiceImpl<typeof ControlService> {
  const { clock, audit } = parts;
  const streams = new WatchStreams(watchStreamsMax);
  const statuses = new StatusWatch(clock, streams);
  const events = new EventWatch({ clock, audit, streams });
  const running = () => {
    const view = parts.view();
    if (view === undefined) throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
    return view;
  };
  const zoneNow = (view: EngineView) => ({ zone: zoneStatus(view, view.monitor.explain()) });
  return {
    getStatus: () => ({ status: statusMessage(running(), clock) }),
    watchStatus: (_, { signal }) => statuses.open(running(), signal),
    explain: () => explainMessage(running()),
    listEvents({ last }) {
      const kept = eventList(running().monitor.history(), audit.mutations());
      return { events: lastEvents(kept, last).map(eventMessage) };
    },
    watchEvents: ({ last }, { signal }) => events.open(running(), last, signal),
    setOverride(request, { values }) {
      const view = running();
      values.get(mutationKey).done(setOverride(view, values.get(callerKey).subject, request));
      return zoneNow(view);
    },
    clearOverride(request, { values }) {
      const view = running();
      values.get(mutationKey).done(clearOverride(view, request));
      return zoneNow(view);
    },
    getLedger({ bySource }) {
      const view = running();
      return ledgerMessage(view.ledger(), bySource ? view.statePage.sources() : []);
    },
    getConfig: () => configMessage(running()),
  };
}

function configMessage(view: EngineView) {
  const before = view.configBefore();
  return {
    yaml: view.configYaml(),
    previousYaml: before?.yaml ?? '',
    changedAt: wireTime(before?.changedWallMs),
  };
}
