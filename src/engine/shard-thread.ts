// Entry point of a shard thread: builds the stages over the shared arena, joins them, listens, and
// ends when the main thread says so. Anything that escapes from here ends the process (see
// supervisor.ts).

import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { assert, unreachable } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { stderrLog } from '../log.ts';
import { buildShard, type ShardStages } from './shard-stages.ts';
import type { FromShard, ShardStart, ToShard } from './thread-messages.ts';

assert(parentPort !== null, 'shard-thread is not started as a thread');
const mainThread = parentPort;
const start: ShardStart = workerData; // the supervisor starts this file, and only with a ShardStart
/** For answers to what is replayed; without them it would be sent again. */
const replayGraceMs = 2_000;
/** For what is said to the replay thread at the end of a drain. */
const saidMsMax = 500;
const log = stderrLog(start.config.telemetry.logs, systemClock);

try {
  const stages = await buildShard(start, log);
  const ports = await stages.listener.listen(start.ports);
  stages.sampler.start();
  mainThread.on('message', (message: ToShard) => {
    switch (message.kind) {
      case 'drain':
        void drain(stages, message.timeoutMs);
        break;
      case 'drain-now':
        stages.shard.drainNow();
        stages.listener.drainNow();
        stages.vaultDoors?.replay.drainNow();
        break;
      case 'zones':
        stages.sampler.reload(message.zones);
        break;
      case 'tap':
        stages.tap.open(message);
        break;
      case 'reload-certificates':
        for (const watch of stages.watches) void watch.reload();
        break;
      default:
        unreachable(message, 'message of the main thread');
    }
  });
  tell({ kind: 'listening', ports });
  // Also for a process that will be killed: its successor starts in half the time.
  flushCompileCache();
} catch (error) {
  if (!(error instanceof GopherShipError)) throw error;
  tell({ kind: 'refused', code: error.code, message: error.message });
}

async function drain(stages: ShardStages, timeoutMs: number): Promise<void> {
  const { shard, listener, destinations, vaultDoors, sampler, watches } = stages;
  for (const watch of watches) watch.close();
  const replayed = vaultDoors?.replay.drain(Math.min(replayGraceMs, timeoutMs * 0.9));
  // The last tenth is for the answers to reach their producers.
  const deadlineMs = systemClock.nowMs() + timeoutMs * 0.9;
  listener.stopAccepting();
  await Promise.all([shard.drain(deadlineMs), listener.drain(timeoutMs), replayed]);
  await Promise.all(destinations.map((destination) => destination.close()));
  // The replay thread hears how everything ended, unless it does not listen any more.
  const tooLong = new Promise<void>((resolve) => systemClock.after(saidMsMax, resolve));
  await Promise.race([vaultDoors?.line.idle(), tooLong]);
  sampler.stop();
  tell({ kind: 'drained', unanswered: shard.givenUpCount });
}

function tell(message: FromShard): void {
  mainThread.postMessage(message);
}
