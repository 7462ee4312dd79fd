// Entry point of the thread that reads the vault's files for operators: answers the one question
// that it was started with, and ends. It takes no lock, writes nothing, and its CPU time is what
// the engine leaves over.

import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { vaultPartsAheadMax, vaultReadBytesPerSecondMax } from '../limits.ts';
import { answerQuestion } from '../vault-facts/vault-answer.ts';
import type { VaultParts } from '../vault-facts/vault-question.ts';
import { PartOutlet } from './part-outlet.ts';
import { ReadPace } from './read-pace.ts';
import type { FromVaultFiles, VaultFilesStart } from './vault-files-messages.ts';

assert(parentPort !== null, 'vault-files-thread is not started as a thread');
const mainThread = parentPort;
const start: VaultFilesStart = workerData; // vault-files.ts starts this file, and only with one
const silence = new Int32Array(new SharedArrayBuffer(4));
const outlet = new PartOutlet(start.takenParts, vaultPartsAheadMax, tell);

// Of Linux this is the calling thread, not the process.
setPriority(0, constants.priority.PRIORITY_LOW);
const pace = new ReadPace(vaultReadBytesPerSecondMax, () => systemClock.nowMs(), pause);
try {
  answerQuestion(start.path, start.question, {
    clock: systemClock,
    tell: (part) => outlet.give(part),
    read: (sizeBytes) => pace.read(sizeBytes),
    pause,
  });
  say({ kind: 'end' });
} catch (error) {
  if (!(error instanceof GopherShipError)) throw error;
  say({ kind: 'fault', code: error.code, message: error.message });
}

function tell(part: VaultParts[keyof VaultParts]): void {
  say({ kind: 'part', part });
}

function say(message: FromVaultFiles): void {
  const isData = message.kind === 'part' && 'data' in message.part;
  mainThread.postMessage(message, isData ? [message.part.data.buffer] : []);
}

function pause(ms: number): void {
  Atomics.wait(silence, 0, 0, ms);
}
