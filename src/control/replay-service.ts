// The procedures of the replay service: questions and orders for the replay thread, which keeps
// what is set. Who set it is kept here, for as long as the process runs.

import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  EstimateReplayResponse,
  Replay,
  ReplayService,
} from '../generated/gophership/control/v1/replay_pb.js';
import type { Caller } from './caller.ts';
import { callerKey } from './caller-key.ts';
import type { ServiceParts } from './control-service.ts';
import type { EngineView } from './engine-view.ts';
import { mutationKey } from './mutation-call.ts';
import { estimateMessage, type ReplayAuthor, replayMessage } from './replay-message.ts';
import { checkedPlan, planText } from './replay-request.ts';
import type {
  ReplayEndView,
  ReplayEstimateView,
  ReplayPlanView,
  ReplayView,
} from './replay-view.ts';
import { rpcFault } from './rpc-fault.ts';

interface Running {
  readonly view: EngineView;
  readonly replay: ReplayView;
}

export function replayService(parts: ServiceParts): ServiceImpl<typeof ReplayService> {
  const { clock, audit } = parts;
  const authors: { plan?: ReplayAuthor; pause?: ReplayAuthor } = {};

  let hears = false;

  /** Whoever asks who resumed the replay finds it among the events. */
  function ended(what: ReplayEndView, usePercent: number): void {
    const isPause = what === 'pause';
    audit.mutation(engineItself, {
      procedure: isPause ? 'PauseReplay' : 'StartReplay',
      outcome: 'ended',
      reason:
        what === 'configured'
          ? 'the configuration has another section replay'
          : `the vault is ${Math.floor(usePercent)} % full`,
      detail: isPause ? 'the pause is over' : endDetails[what],
    });
  }

  function running(): Running {
    const view = parts.view();
    if (view === undefined) throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
    if (view.replay !== undefined) {
      // From the first call on: nothing is set before that.
      if (!hears) view.replay.onEnded(ended);
      hears = true;
      return { view, replay: view.replay };
    }
    throw view.hasVault
      ? rpcFault('CONTROL_CONFLICT', 'the vault could not be opened; the log says why')
      : rpcFault('CONTROL_NOT_FOUND', 'there is no vault, and so no replay');
  }

  async function replayNow({ view, replay }: Running): Promise<{ replay: Replay }> {
    const status = await replay.status();
    const isPlanned = Object.values(status.plan).some((part) => part !== undefined);
    const author = status.paused ? authors.pause : isPlanned ? authors.plan : undefined;
    return { replay: replayMessage(view, status, author) };
  }

  /** `act` does it and says what was done. */
  async function change(
    reason: string,
    { values }: HandlerContext,
    act: (replay: ReplayView, author: ReplayAuthor) => Promise<string>,
  ): Promise<{ replay: Replay }> {
    const now = running();
    const author = { by: values.get(callerKey).subject, reason, wallMs: clock.wallMs() };
    values.get(mutationKey).done(await act(now.replay, author));
    return replayNow(now);
  }

  return {
    getReplay: () => replayNow(running()),
    async *estimateReplay({ plan: message }, { signal }) {
      const { view, replay } = running();
      const checked = checkedPlan(message);
      if ('fault' in checked) throw rpcFault('CONTROL_INVALID', checked.fault);
      yield* estimates(view, replay, checked.plan, signal);
    },
    startReplay: ({ plan: message, reason }, context) =>
      change(reason, context, async (replay, author) => {
        const checked = checkedPlan(message);
        if ('fault' in checked) throw rpcFault('CONTROL_INVALID', checked.fault);
        await replay.start(checked.plan);
        authors.plan = author;
        return planText(checked.plan);
      }),
    pauseReplay: ({ reason }, context) =>
      change(reason, context, async (replay, author) => {
        const { paused } = await replay.status();
        await replay.pause();
        if (!paused) authors.pause = author;
        return paused ? 'it was paused already' : 'paused';
      }),
    resumeReplay: ({ reason }, context) =>
      change(reason, context, async (replay) => {
        const { paused } = await replay.status();
        await replay.resume();
        return paused ? 'resumed' : 'it was not paused';
      }),
  };
}

const engineItself: Caller = { subject: 'gophership', role: 'operator' };

const endDetails = {
  full: 'range and rate are over',
  configured: 'rate and order are over',
} as const;

/** What was counted, whenever there is more of it and the reader is there; the whole at the end. */
async function* estimates(
  { destinations }: EngineView,
  replay: ReplayView,
  plan: ReplayPlanView,
  signal: AbortSignal,
): AsyncGenerator<EstimateReplayResponse> {
  const { configuredRateBytesPerSecond } = await replay.status();
  const rate = plan.rateBytesPerSecond ?? configuredRateBytesPerSecond;
  let soFar: ReplayEstimateView | undefined;
  let news = Promise.withResolvers<void>();
  const counting = (estimate: ReplayEstimateView) => {
    soFar = estimate;
    news.resolve();
  };
  // A reader that goes without a word never asks again: the signal of its call ends the run.
  const run = replay.estimate(plan.range, counting, signal);
  run.catch(() => {}); // whoever has left does not hear it
  for (;;) {
    const whole = await Promise.race([run, news.promise]);
    if (whole !== undefined) {
      yield estimateMessage(destinations, whole.estimate, whole.isComplete, rate);
      return;
    }
    news = Promise.withResolvers();
    if (soFar !== undefined) yield estimateMessage(destinations, soFar, false, rate);
  }
}
