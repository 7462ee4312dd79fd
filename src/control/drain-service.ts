// The procedures of the drain service: an operator says that the engine shall get empty, and
// everybody may look how far that is.

import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { callerKey } from './caller-key.ts';
import type { ServiceParts } from './control-service.ts';
import { drainMessage } from './drain-message.ts';
import type { EngineView } from './engine-view.ts';
import { mutationKey } from './mutation-call.ts';
import { rpcFault } from './rpc-fault.ts';

export function drainService(parts: ServiceParts): ServiceImpl<typeof DrainService> {
  const { clock } = parts;

  function running(): EngineView {
    const view = parts.view();
    if (view === undefined) throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
    return view;
  }

  /** `act` does it and says what was done. */
  function change({ values }: HandlerContext, act: (view: EngineView, by: string) => string) {
    const view = running();
    values.get(mutationKey).done(act(view, values.get(callerKey).subject));
    return { drain: drainMessage(view) };
  }

  return {
    getDrain: () => ({ drain: drainMessage(running()) }),
    startDrain: ({ reason }, context) =>
      change(context, ({ drain }, by) => {
        const before = drain.order;
        drain.start({ by, reason, wallMs: clock.wallMs() });
        return before === undefined ? 'drains' : `it was drained already, by ${before.by}`;
      }),
    endDrain: (_, context) =>
      change(context, ({ drain }) => {
        const before = drain.order;
        drain.end();
        return before === undefined ? 'it was not drained' : `that of ${before.by} ended`;
      }),
  };
}
