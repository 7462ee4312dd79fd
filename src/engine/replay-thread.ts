// Entry point of the replay thread: one step of the replayer after the other, and sleep on the
// doorbell in between. It reads the vault's files itself, so that a sector that a disk retries for
// half a minute delays no commit; it never writes to them.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { stderrLog } from '../log.ts';
import type { Replayer } from '../replayer/replayer.ts';
import { type OpenReplay, openReplay } from './open-replay.ts';
import type { FromReplay, ReplayStart, ToReplay } from './replay-messages.ts';

assert(parentPort !== null, 'replay-thread is not started as a thread');
const mainThread = parentPort;
// The supervisor starts this file, and only with a ReplayStart.
const start: ReplayStart = workerData;
const log = stderrLog(start.logs, systemClock);

/** A thread that never idles looks for messages this often. */
const messagesIntervalMs = 50;

try {
  const replay = openReplay(start, log, (what, usePercent) =>
    tell({ kind: 'ended', what, usePercent }),
  );
  tell({ kind: 'ready' });
  serve(replay);
  tell({ kind: 'stopped', outstanding: replay.replayer.outCount });
} catch (error) {
  if (!(error instanceof GopherShipError)) throw error;
  tell({ kind: 'refused', code: error.code, message: error.message });
}

function serve({ replayer, control, letterDoor, bell, publish }: OpenReplay): void {
  let lookedMs = Number.NEGATIVE_INFINITY;
  let stopAtMs = Number.POSITIVE_INFINITY;
  let restMs = 0;
  for (;;) {
    const rings = bell.count;
    const nowMs = systemClock.nowMs();
    if (restMs > 0 || nowMs - lookedMs >= messagesIntervalMs) {
      lookedMs = nowMs;
      stopAtMs = Math.min(stopAtMs, takeMessages());
      letterDoor.takeAnswers();
    }
    restMs = replayer.step(nowMs);
    if (control.step(nowMs)) restMs = 0;
    publish();
    if (isOver(replayer, nowMs, stopAtMs)) return;
    if (restMs > 0) bell.sleep(rings, Math.min(restMs, Math.max(0, stopAtMs - nowMs)));
  }

  /** When to stop at the latest. */
  function takeMessages(): number {
    let untilMs = Number.POSITIVE_INFINITY;
    for (let message = next(); message !== undefined; message = next()) {
      if (message.kind !== 'command') {
        if (message.kind === 'stop') untilMs = systemClock.nowMs() + message.timeoutMs;
        control.stop();
        replayer.stop();
        continue;
      }
      const { id, command } = message;
      const answer = control.execute(command, systemClock.nowMs(), (later) =>
        tell({ kind: 'answer', id, answer: later }),
      );
      if (answer !== undefined) tell({ kind: 'answer', id, answer });
    }
    return untilMs;
  }
}

function isOver(replayer: Replayer, nowMs: number, stopAtMs: number): boolean {
  const isAsked = stopAtMs < Number.POSITIVE_INFINITY;
  return isAsked && (replayer.isStopped || nowMs >= stopAtMs);
}

/** The main thread sends nothing else over this port. */
function next(): ToReplay | undefined {
  const arrived: { message: ToReplay } | undefined = receiveMessageOnPort(mainThread);
  return arrived?.message;
}

function tell(message: FromReplay): void {
  mainThread.postMessage(message);
}
