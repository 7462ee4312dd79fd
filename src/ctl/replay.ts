// `gs-ctl replay status`, `start`, `pause` and `resume`: how the vault goes back into the pipeline.
// Whoever changes it is shown first what would be sent.

import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { systemClock } from '../clock.ts';
import {
  type EstimateReplayResponse,
  type Replay,
  ReplayOrder,
  type ReplayPlan,
  ReplayPlanSchema,
  ReplayService,
} from '../generated/gophership/control/v1/replay_pb.js';
import { confirm } from './confirm.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { streamEnded } from './control-fault.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { durationText, sizeText } from './quantity-text.ts';
import { type KnownEstimate, pausePlan, resumePlan, startPlan } from './replay-plan.ts';
import {
  batchesText,
  estimateTable,
  estimateValue,
  replayTable,
  replayValue,
} from './replay-text.ts';
import { isPlanShown, type MutationPlan, showPlan } from './show-plan.ts';
import { show, type Terminal } from './terminal.ts';

export interface ReplayFlags extends ControlFlags {
  readonly reason?: string;
  readonly yes?: boolean;
}

export interface ReplayStartFlags extends ReplayFlags {
  readonly order?: 'oldest' | 'newest';
  readonly rateBytesPerSecond?: number;
  /** Unix ms. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly dryRun?: boolean;
}

export function replayStatus(flags: ControlFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, async (client) =>
    showReplay(client, await readReplay(client), undefined, terminal),
  );
}

export function replayStart(flags: ReplayStartFlags, terminal: Terminal): Promise<CtlExit> {
  const plan = planOf(flags);
  return withControl(flags, terminal, (client) =>
    flags.dryRun ? dryRun(client, plan, terminal) : startReplay(client, flags, terminal),
  );
}

export function replayPause(flags: ReplayFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => pauseReplay(client, flags, terminal));
}

export function replayResume(flags: ReplayFlags, terminal: Terminal): Promise<CtlExit> {
  return withControl(flags, terminal, (client) => resumeReplay(client, flags, terminal));
}

export async function startReplay(
  client: ControlClient,
  flags: ReplayStartFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const plan = planOf(flags);
  const before = await readReplay(client);
  const known = await estimateFor(client, plan, flags, terminal);
  const said = { reason: flags.reason, target: flags };
  const shown = startPlan(before, client.address, plan, known, said);
  await agree(client, shown, flags, terminal);
  const { replay } = await client.call(ReplayService, (service, options) =>
    service.startReplay({ plan, reason: flags.reason ?? '' }, options),
  );
  return showReplay(client, whole(client, replay), shown.undo, terminal);
}

export async function pauseReplay(
  client: ControlClient,
  flags: ReplayFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const said = { reason: flags.reason, target: flags };
  const shown = pausePlan(await readReplay(client), client.address, said);
  await agree(client, shown, flags, terminal);
  const { replay } = await client.call(ReplayService, (service, options) =>
    service.pauseReplay({ reason: flags.reason ?? '' }, options),
  );
  return showReplay(client, whole(client, replay), shown.undo, terminal);
}

export async function resumeReplay(
  client: ControlClient,
  flags: ReplayFlags,
  terminal: Terminal,
): Promise<CtlExit> {
  const before = await readReplay(client);
  const known = await estimateFor(client, before.plan, flags, terminal);
  const said = { reason: flags.reason, target: flags };
  const shown = resumePlan(before, client.address, known, said);
  await agree(client, shown, flags, terminal);
  const { replay } = await client.call(ReplayService, (service, options) =>
    service.resumeReplay({ reason: flags.reason ?? '' }, options),
  );
  return showReplay(client, whole(client, replay), shown.undo, terminal);
}

/** Counts to the end, however long that takes. */
export async function dryRun(
  client: ControlClient,
  plan: ReplayPlan,
  terminal: Terminal,
): Promise<CtlExit> {
  for await (const estimate of estimates(client, plan)) {
    if (!estimate.isComplete) {
      const { batches, bytes } = estimate;
      // A program reads stderr for an error alone.
      if (terminal.format === 'table') {
        terminal.talk(`counting: ${batchesText(batches)}, ${sizeText(bytes)} so far\n`);
      }
      continue;
    }
    const value = { kind: 'ReplayEstimate', address: client.address, ...estimateValue(estimate) };
    await show(terminal, value, () => estimateTable(estimate));
    return CtlExit.Done;
  }
  throw streamEnded(client.address);
}

export async function readReplay(client: ControlClient): Promise<Replay> {
  const { replay } = await client.call(ReplayService, (service, options) =>
    service.getReplay({}, options),
  );
  return whole(client, replay);
}

function planOf({ order, rateBytesPerSecond, fromMs, toMs }: ReplayStartFlags): ReplayPlan {
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    const message = '--from is not before --to';
    throw new CtlError('USAGE', CtlExit.Usage, message, 'what was received from <= time < to');
  }
  const range = {
    ...(fromMs === undefined ? {} : { from: timestampFromMs(fromMs) }),
    ...(toMs === undefined ? {} : { to: timestampFromMs(toMs) }),
  };
  return create(ReplayPlanSchema, {
    order: order === undefined ? ReplayOrder.UNSPECIFIED : ordersByWord[order],
    ...(rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond }),
    ...(fromMs === undefined && toMs === undefined ? {} : { range }),
  });
}

const ordersByWord = { oldest: ReplayOrder.OLDEST, newest: ReplayOrder.NEWEST } as const;

/** @param left ends it with an error */
function estimates(
  client: ControlClient,
  plan: ReplayPlan | undefined,
  left?: AbortSignal,
): AsyncGenerator<EstimateReplayResponse> {
  const request = plan === undefined ? {} : { plan };
  return client.watch(ReplayService, (service, options) => {
    const signals = [options.signal, left].filter((signal) => signal !== undefined);
    return service.estimateReplay(request, { ...options, signal: AbortSignal.any(signals) });
  });
}

/** For a plan that somebody reads: as far as it gets within the patience for one answer. */
async function estimateFor(
  client: ControlClient,
  plan: ReplayPlan | undefined,
  { yes, timeoutMs }: ReplayFlags,
  terminal: Terminal,
): Promise<KnownEstimate> {
  if (!isPlanShown(yes, terminal)) return { unknown: 'nobody asked' };
  let known: KnownEstimate = { unknown: `that takes longer than ${durationText(timeoutMs)}` };
  const left = new AbortController();
  const patience = systemClock.after(timeoutMs, () => left.abort());
  try {
    for await (const estimate of estimates(client, plan, left.signal)) {
      known = { estimate };
      if (estimate.isComplete) break;
    }
  } catch (error) {
    if (left.signal.aborted) return known;
    // An engine that has something else to do takes the change all the same.
    if (!(error instanceof CtlError) || error.code !== 'CONTROL_BUSY') throw error;
    return { unknown: error.message };
  } finally {
    patience.cancel();
  }
  return known;
}

async function agree(
  client: ControlClient,
  plan: MutationPlan,
  flags: ReplayFlags,
  terminal: Terminal,
): Promise<void> {
  showPlan(flags, terminal, plan);
  client.keepAlive();
  await confirm(flags.yes === true, terminal);
}

function whole(client: ControlClient, replay: Replay | undefined): Replay {
  if (replay !== undefined) return replay;
  throw new CtlError('ENGINE', CtlExit.No, `${client.address}: an answer without a replay`, '');
}

/** @param undo undefined: nothing was changed */
async function showReplay(
  { address }: ControlClient,
  replay: Replay,
  undo: string | undefined,
  terminal: Terminal,
): Promise<CtlExit> {
  const value = {
    ...{ kind: 'Replay', address, replay: replayValue(replay) },
    ...(undo === undefined ? {} : { undo }),
  };
  await show(terminal, value, () => replayTable(replay));
  if (undo !== undefined && terminal.format === 'table') {
    terminal.talk(`done; to undo: ${undo}\n`);
  }
  return CtlExit.Done;
}
