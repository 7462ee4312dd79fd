// The vault's files as operators ask about them while the engine runs. A thread is started for a
// question and ends with its answer, one at a time, so that nothing costs memory while nobody asks.
// A few may wait behind answers that are short. None is started in Red or while memory is short.

import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { vaultQuestionsWaitingMax } from '../limits.ts';
import type { Log } from '../log.ts';
import type { QuestionKind, VaultParts, VaultQuestion } from '../vault-facts/vault-question.ts';
import type { FromVaultFiles, VaultFilesStart } from './vault-files-messages.ts';
import { type FilesThread, type FilesThreadListener, VaultReading } from './vault-reading.ts';

export interface VaultFilesParts {
  /** The vault's directory, absolute. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What stands in the way, in words; undefined: nothing. */
  whyPaused(): string | undefined;
  /** The same of one more thread. */
  whyNoThread(): string | undefined;
}

type StartThread = (start: VaultFilesStart, listener: FilesThreadListener) => FilesThread;

export class VaultFiles {
  readonly #parts: VaultFilesParts;
  readonly #startThread: StartThread;
  /** The one that is answered, and those that wait for it. */
  readonly #line: InLine[] = [];
  /** Of the last that was asked: when its thread, if there was one, is gone. */
  #lastGone: Promise<void> = Promise.resolve();

  constructor(parts: VaultFilesParts, startThread: StartThread = startFilesThread) {
    this.#parts = parts;
    this.#startThread = startThread;
  }

  /**
   * Throws CONTROL_READS_PAUSED or CONTROL_BUSY, at once or while it is read; CONTROL_NOT_FOUND,
   * VAULT_FAILED and VAULT_REFUSED while it is read.
   */
  ask<Kind extends QuestionKind>(
    question: Extract<VaultQuestion, { readonly kind: Kind }>,
    signal: AbortSignal,
  ): AsyncIterableIterator<VaultParts[Kind]> {
    const whyPaused = () => this.#whyPaused(question.kind);
    // Who waits for another gets the memory that that one gives back.
    const missing = this.#line.length === 0 ? this.#parts.whyNoThread() : undefined;
    const paused = whyPaused() ?? this.#refusal(question.kind, missing);
    if (paused !== undefined) throw new GopherShipError('CONTROL_READS_PAUSED', paused);
    this.#checkLine();
    const reading = new VaultReading<VaultParts[Kind]>({
      ...{ clock: this.#parts.clock, signal, whyPaused },
      start: (listener) => this.#start(question, listener),
      ended: (threadEnded) => {
        this.#line.splice(this.#line.indexOf(place), 1);
        void threadEnded.finally(() => gone.resolve());
      },
    });
    const gone = Promise.withResolvers<void>();
    const place = { kind: question.kind, reading };
    this.#line.push(place);
    this.#lastGone = gone.promise;
    return reading;
  }

  /** When the one before has left. */
  #start(question: VaultQuestion, listener: FilesThreadListener): FilesThread {
    const takenParts = new SharedArrayBuffer(4);
    const word = new Int32Array(takenParts);
    let isWanted = true;
    const { path, log } = this.#parts;
    const died = (cause: Error) => {
      if (!isWanted) return;
      log.error('INTERNAL_FAULT', `vault-files: ${cause.message}`, { stack: cause.stack });
      listener.died(new GopherShipError('INTERNAL_FAULT', 'the answer broke off; see the log'));
    };
    const started = this.#lastGone.then(() => {
      if (!isWanted) return undefined;
      try {
        return this.#startThread({ path, question, takenParts }, { ...listener, died });
      } catch (error) {
        // The host has no thread to give, which is no reason for the engine to end.
        died(error instanceof Error ? error : new Error(String(error)));
        return undefined;
      }
    });
    return {
      taken() {
        Atomics.add(word, 0, 1);
        Atomics.notify(word, 0);
      },
      async end() {
        isWanted = false;
        await (await started)?.end();
      },
    };
  }

  #whyPaused(kind: QuestionKind): string | undefined {
    return this.#refusal(kind, this.#parts.whyPaused());
  }

  #refusal(kind: QuestionKind, why: string | undefined): string | undefined {
    if (why === undefined) return undefined;
    return `${why}; \`gophership ${offlineWords[kind]} ${this.#parts.path}\` reads the same files beside the engine`;
  }

  #checkLine(): void {
    const [first] = this.#line;
    if (first === undefined) return;
    const isLong = this.#line.some(({ kind }) => !shortKinds.has(kind));
    if (!isLong && this.#line.length <= vaultQuestionsWaitingMax) return;
    const seconds = Math.round(first.reading.ageMs / 1_000);
    const what = `${questionWords[first.kind]}, for ${seconds} s now`;
    const text = `the vault is read for somebody else, one at a time: ${what}`;
    throw new GopherShipError('CONTROL_BUSY', text);
  }
}

interface InLine {
  readonly kind: QuestionKind;
  readonly reading: { readonly ageMs: number };
}

/** Answers of one part, whose length has a bound, and which the caller does not hold up. */
const shortKinds: ReadonlySet<QuestionKind> = new Set(['list', 'letters', 'letter']);

const questionWords: Readonly<Record<QuestionKind, string>> = {
  list: 'a list',
  inspect: 'an inspection',
  verify: 'a verification',
  export: 'an export',
  letters: 'a list of dead letters',
  letter: 'a dead letter',
};

const offlineWords: Readonly<Record<QuestionKind, string>> = {
  list: 'vault ls',
  inspect: 'vault inspect',
  verify: 'vault verify',
  export: 'vault export',
  letters: 'vault dead-letter ls',
  letter: 'vault dead-letter show',
};

/** Code, a record for each segment, and one answer; bodies are outside of it. */
const filesThreadHeap: ResourceLimits = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1 };

function startFilesThread(start: VaultFilesStart, listener: FilesThreadListener): FilesThread {
  const worker = new Worker(new URL('./vault-files-thread.ts', import.meta.url), {
    name: 'vault-files',
    workerData: start,
    resourceLimits: filesThreadHeap,
    stdin: false,
  });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      resolve();
      // After its last word nobody listens any more.
      listener.died(new Error(`thread ended with code ${code}`));
    });
  });
  worker.on('message', (message: FromVaultFiles) => listener.said(message));
  worker.on('error', (error) =>
    listener.died(error instanceof Error ? error : new Error(String(error))),
  );
  return {
    taken() {},
    async end() {
      await worker.terminate();
      await ended;
    },
  };
}
