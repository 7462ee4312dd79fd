// A worker thread as the supervisor sees it: messages in order, one at a time, and a death that is
// never silent.

import { type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads';

export interface ThreadOptions {
  readonly name: string;
  /** The file that the thread begins with. */
  readonly entry: URL;
  readonly workerData: unknown;
  readonly transfer?: readonly MessagePort[];
  readonly heap: ResourceLimits;
  /** An error or an end that nobody asked for. */
  died(name: string, cause: Error): void;
}

/** `From` is what the thread says, `To` what is said to it; both files import the same types. */
export class EngineThread<From, To> {
  readonly name: string;
  readonly #worker: Worker;
  readonly #arrived: From[] = [];
  #waiting: ((message: From) => void) | undefined;
  #mayEnd = false;

  constructor({ name, entry, workerData, transfer = [], heap, died }: ThreadOptions) {
    this.name = name;
    this.#worker = new Worker(entry, {
      name,
      workerData,
      transferList: [...transfer],
      resourceLimits: heap,
      stdin: false,
    });
    this.#worker.on('message', (message: From) => {
      if (this.#waiting === undefined) this.#arrived.push(message);
      else this.#waiting(message);
      this.#waiting = undefined;
    });
    this.#worker.on('error', (error) =>
      died(name, error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.on('exit', (code) => {
      if (!this.#mayEnd) died(name, new Error(`thread ended with code ${code}`));
    });
  }

  /** The next message, whether it has arrived or not. One caller at a time. */
  next(): Promise<From> {
    const message = this.#arrived.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  tell(message: To, transfer: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** After this one the thread ends, which is no death then. */
  tellLast(message: To): void {
    this.#mayEnd = true;
    this.tell(message);
  }

  /** Only for a start that failed: a thread that serves is drained. */
  async terminate(): Promise<void> {
    this.#mayEnd = true;
    await this.#worker.terminate();
  }
}
