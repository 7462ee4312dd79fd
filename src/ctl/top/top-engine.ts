// The engine as a live screen needs it: what it tells by itself, for as long as the connection
// lasts, and what it is asked for because somebody pressed a key.

import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { Clock } from '../../clock.ts';
import { CallerService } from '../../generated/gophership/control/v1/caller_pb.js';
import { ControlService } from '../../generated/gophership/control/v1/control_pb.js';
import { HistoryService } from '../../generated/gophership/control/v1/history_pb.js';
import { ReplayService } from '../../generated/gophership/control/v1/replay_pb.js';
import type { ControlClient } from '../control-client.ts';
import { streamEnded } from '../control-fault.ts';
import { asCtlError, CtlError } from '../ctl-error.ts';
import { CtlExit } from '../exit-code.ts';
import { clearPlan, setPlan } from '../override-plan.ts';
import { readReplay } from '../replay.ts';
import { pausePlan, resumePlan } from '../replay-plan.ts';
import type { MutationPlan } from '../show-plan.ts';
import { readStatus } from '../status.ts';
import type { TargetFlags } from '../target.ts';
import { zonesByWord } from '../zone-text.ts';
import type { Wanted } from './effect.ts';
import { samplesMax, samplesOf } from './samples.ts';
import type { TopQuestions } from './top-loop.ts';
import type { Told } from './top-update.ts';

export interface TopEngineParts {
  readonly clock: Clock;
  readonly target: TargetFlags;
  tell(told: Told, hasHistory: boolean): void;
}

export class TopEngine implements TopQuestions {
  readonly #parts: TopEngineParts;
  #client: ControlClient | undefined;
  /** False: this engine keeps none. */
  #hasHistory = true;
  #historyMs = 0;
  #isHistoryAsked = false;

  constructor(parts: TopEngineParts) {
    this.#parts = parts;
  }

  /** Until the connection is over. */
  async watch(client: ControlClient, answered: () => void): Promise<never> {
    this.#client = client;
    // It may be another engine, or another version of it.
    this.#hasHistory = true;
    this.#historyMs = 0;
    try {
      const watches = [this.#watchStatus(client, answered), this.#watchEvents(client)];
      await Promise.all([...watches, this.#askRole(client)]);
      throw streamEnded(client.address);
    } finally {
      this.#client = undefined;
    }
  }

  async askLedger(): Promise<void> {
    const ledger = await this.#connected().call(ControlService, (control, options) =>
      control.getLedger({}, options),
    );
    this.#tell({ kind: 'ledger', ledger });
  }

  async plan(wanted: Wanted): Promise<MutationPlan> {
    const client = this.#connected();
    const { target } = this.#parts;
    const { address } = client;
    const { reason } = wanted;
    // Asked also in Red, where the screen shows what was before.
    switch (wanted.kind) {
      case 'override':
        return setPlan(await readStatus(client), address, wanted, target);
      case 'override-end':
        return clearPlan(await readStatus(client), address, reason, target);
      case 'replay-pause':
        return pausePlan(await readReplay(client), address, { reason, target });
      case 'replay-resume':
        return resumePlan(await readReplay(client), address, notCounted, { reason, target });
      default:
        return wanted satisfies never;
    }
  }

  async apply(wanted: Wanted): Promise<void> {
    const client = this.#connected();
    const { kind, reason } = wanted;
    switch (kind) {
      case 'override': {
        const zone = zonesByWord[wanted.zone];
        const duration = durationFromMs(wanted.ttlMs);
        await client.call(ControlService, (control, options) =>
          control.setOverride({ zone, duration, reason }, options),
        );
        return;
      }
      case 'override-end':
        await client.call(ControlService, (control, options) =>
          control.clearOverride({ reason }, options),
        );
        return;
      case 'replay-pause':
        await client.call(ReplayService, (replay, options) =>
          replay.pauseReplay({ reason }, options),
        );
        return;
      case 'replay-resume':
        await client.call(ReplayService, (replay, options) =>
          replay.resumeReplay({ reason }, options),
        );
        return;
      default:
        kind satisfies never;
    }
  }

  async #watchStatus(client: ControlClient, answered: () => void): Promise<void> {
    const answers = client.watch(ControlService, (control, options) =>
      control.watchStatus({}, options),
    );
    for await (const { event } of answers) {
      answered();
      if (event.case === 'heartbeat') this.#tell({ kind: 'heartbeat', zone: event.value });
      if (event.case !== 'status') continue;
      this.#tell({ kind: 'status', status: event.value, nowMs: this.#parts.clock.nowMs() });
      // As often as the engine tells its status, and so never in Red.
      void this.#askHistory(client);
    }
    throw streamEnded(client.address);
  }

  async #watchEvents(client: ControlClient): Promise<void> {
    let isFirst = true;
    const answers = client.watch(ControlService, (control, options) =>
      control.watchEvents({}, options),
    );
    for await (const { event } of answers) {
      if (event === undefined) continue;
      // Those of before stay until the list is there again.
      if (isFirst) this.#tell({ kind: 'events-begin' });
      isFirst = false;
      this.#tell({ kind: 'event', event });
    }
    throw streamEnded(client.address);
  }

  async #askRole(client: ControlClient): Promise<void> {
    const answer = await unlessUnknown(
      client.call(CallerService, (caller, options) => caller.getCaller({}, options)),
    );
    this.#tell({ kind: 'role', role: answer?.role });
  }

  /** A curve that is not there is worth no error: what is wrong shows in the watches. */
  async #askHistory(client: ControlClient): Promise<void> {
    if (!this.#hasHistory || this.#isHistoryAsked) return;
    this.#isHistoryAsked = true;
    try {
      const history = await client.call(HistoryService, (service, options) =>
        service.getHistory({ since: this.#historyMs, last: samplesMax }, options),
      );
      this.#historyMs = history.time.at(-1) ?? this.#historyMs;
      const { continues } = history;
      this.#tell({ kind: 'history', samples: samplesOf(history), continues });
    } catch (error) {
      if (asCtlError(error) === undefined) throw error;
      this.#hasHistory = !isUnknown(error);
    } finally {
      this.#isHistoryAsked = false;
    }
  }

  #tell(told: Told): void {
    this.#parts.tell(told, this.#hasHistory);
  }

  #connected(): ControlClient {
    if (this.#client !== undefined) return this.#client;
    const message = 'there is no connection to the engine';
    throw new CtlError('UNREACHABLE', CtlExit.Unreachable, message, 'wait until it is back');
  }
}

/** It may take minutes, and somebody waits at the screen. */
const notCounted = { unknown: '`gs-ctl replay start --dry-run` counts what waits' };

/** Undefined: the engine is too old for the question. */
async function unlessUnknown<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

function isUnknown(error: unknown): boolean {
  return asCtlError(error)?.code === 'UNSUPPORTED';
}
