// /livez and /readyz: whether the process should be restarted, and whether it should be sent logs.
// Red is ready: pressure is what the engine is for. A vault that does not work is told and alerted
// on, but the engine still delivers without it.

import { Signal } from '../monitor/signals.ts';
import type { EngineView } from './engine-view.ts';
import { vaultState } from './vault-message.ts';

export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly text: string;
}

/** `view`: undefined while the engine starts, which is life enough. */
export function livez(view: EngineView | undefined, isVerbose: boolean): ProbeAnswer {
  // That the main thread answers at all is one half of it.
  return answer([fine('main'), ...shardChecks(view)], isVerbose);
}

export function readyz(view: EngineView | undefined, isVerbose: boolean): ProbeAnswer {
  if (view === undefined) return answer([fault('engine', 'starting')], isVerbose);
  const accepting = view.isDraining ? fault('engine', 'draining') : fine('engine');
  return answer([accepting, ...shardChecks(view), ...vaultChecks(view)], isVerbose);
}

/** A shard whose event loop has stood still for so long will not come back. */
const shardStallMsMax = 10_000;

interface Check {
  readonly name: string;
  /** Undefined: fine. */
  readonly fault: string | undefined;
  /** Told, but no reason to turn away. */
  readonly isHarmless: boolean;
}

function shardChecks(view: EngineView | undefined): Check[] {
  if (view === undefined) return [];
  const delayMs = view.monitor.readings[Signal.LoopDelay] ?? Number.NaN;
  // Not measured yet is no stall.
  if (!(delayMs >= shardStallMsMax)) return [fine('shards')];
  return [fault('shards', `an event loop has stood still for ${Math.round(delayMs / 1_000)} s`)];
}

function vaultChecks({ hasVault, vaultPage }: EngineView): Check[] {
  if (!hasVault) return [];
  if (vaultPage === undefined) return [degraded('it could not be opened')];
  const state = vaultState(vaultPage);
  return [state === 'open' ? fine('vault') : degraded(state)];
}

function fine(name: string): Check {
  return { name, fault: undefined, isHarmless: false };
}

function fault(name: string, why: string): Check {
  return { name, fault: why, isHarmless: false };
}

function degraded(why: string): Check {
  return { name: 'vault', fault: `degraded: ${why}`, isHarmless: true };
}

function answer(checks: readonly Check[], isVerbose: boolean): ProbeAnswer {
  const isOk = checks.every((check) => check.fault === undefined || check.isHarmless);
  const status = isOk ? 200 : 503;
  if (isOk && !isVerbose) return { status, text: 'ok\n' };
  const lines = checks.map((check) =>
    check.fault === undefined ? `[+]${check.name} ok` : `[-]${check.name} ${check.fault}`,
  );
  return { status, text: `${[...lines, isOk ? 'ok' : 'failed'].join('\n')}\n` };
}
