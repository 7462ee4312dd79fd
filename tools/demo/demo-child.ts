// A process beside the engine: forked, listened to, and killed when the demo ends, however it ends.

import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { FromChild, ToChild } from './demo-messages.ts';

export interface ChildOptions {
  readonly name: string;
  readonly entry: URL;
  readonly args: readonly string[];
  /** Gets what it prints. */
  readonly logPath: string;
}

type Kind = FromChild['kind'];
type Message<K extends Kind> = Extract<FromChild, { readonly kind: K }>;

export class DemoChild {
  readonly #name: string;
  readonly #logPath: string;
  readonly #process: ChildProcess;
  /** Rejects when the process ends. */
  readonly died: Promise<never>;
  readonly #latest = new Map<Kind, FromChild>();
  readonly #waiting: { readonly kind: Kind; heard(message: FromChild): void }[] = [];

  constructor({ name, entry, args, logPath }: ChildOptions) {
    this.#name = name;
    this.#logPath = logPath;
    const log = openSync(logPath, 'a', 0o600);
    this.#process = fork(entry, args, {
      stdio: ['ignore', log, log, 'ipc'],
      serialization: 'advanced',
    });
    closeSync(log);
    this.#process.on('message', (message) => this.#hear(message as FromChild)); // all they send
    const { promise, reject } = Promise.withResolvers<never>();
    this.#process.on('exit', (code, signal) => {
      reject(new Error(this.#describeEnd(String(code ?? signal))));
    });
    this.died = promise;
    this.died.catch(() => {}); // whoever races against it hears of it
    // Before whoever removes their files.
    process.prependListener('exit', () => this.#process.kill('SIGKILL'));
  }

  tell(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message);
  }

  /** The last message of that kind; undefined before the first. */
  latest<K extends Kind>(kind: K): Message<K> | undefined {
    return this.#latest.get(kind) as Message<K> | undefined; // kept under its own kind
  }

  /** The next message of that kind; rejects when the process ends before. */
  next<K extends Kind>(kind: K): Promise<Message<K>> {
    const { promise, resolve } = Promise.withResolvers<Message<K>>();
    this.#waiting.push({ kind, heard: (message) => resolve(message as Message<K>) }); // by its kind
    return Promise.race([promise, this.died]);
  }

  #hear(message: FromChild): void {
    this.#latest.set(message.kind, message);
    const waiting = this.#waiting.findIndex(({ kind }) => kind === message.kind);
    if (waiting !== -1) this.#waiting.splice(waiting, 1)[0]?.heard(message);
  }

  #describeEnd(how: string): string {
    const lines = readFileSync(this.#logPath, 'utf8').trimEnd().split('\n');
    return [`the ${this.#name} ended with ${how}; its last lines:`, ...lines.slice(-10)].join('\n');
  }
}
