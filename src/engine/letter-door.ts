// The way from the replay thread to the book of the dead letters, which the vault thread keeps:
// questions with numbers over the port that damage goes over as well. And a reader of their log, in
// the memory that the main log is read through: whoever reads next forgets what the other one has
// left there.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { assert } from '../assert.ts';
import type { EntryReader } from '../replayer/block-feed.ts';
import type { LetterDoor } from '../replayer/letter-desk.ts';
import { deadLetterFolder } from '../vault/file-names.ts';
import type { LetterLog, LetterResult, LetterWork } from '../vault/letter-log.ts';
import { LogReader } from '../vault/log-reader.ts';
import { LogSource, type LogSourceParts } from '../vault/log-source.ts';
import { SubDirectory } from '../vault/sub-directory.ts';
import type { LetterReply, LetterTask } from './vault-messages.ts';

export interface VaultLetterDoorParts {
  readonly port: MessagePort;
  wakeVault(): void;
  /** Of the main log; its memory is used for both. */
  readonly source: LogSource;
  readonly sourceParts: LogSourceParts;
  countRedriven(count: number): void;
}

type Answered = (result: LetterResult) => void;

export class VaultLetterDoor implements LetterDoor {
  readonly #parts: VaultLetterDoorParts;
  readonly #open = new Map<number, Answered>();
  #lastId = 0;

  constructor(parts: VaultLetterDoorParts) {
    this.#parts = parts;
  }

  ask(work: LetterWork, answered: Answered): void {
    const { port, wakeVault } = this.#parts;
    this.#lastId += 1;
    this.#open.set(this.#lastId, answered);
    const task: LetterTask = { kind: 'letters', id: this.#lastId, work };
    port.postMessage(task);
    wakeVault();
  }

  /** Passes on what has been answered. Costs nothing while nobody has asked. */
  takeAnswers(): void {
    while (this.#open.size > 0) {
      // The vault thread sends nothing else over this port.
      const arrived: { message: LetterReply } | undefined = receiveMessageOnPort(this.#parts.port);
      if (arrived === undefined) return;
      const { id, result } = arrived.message;
      const answered = this.#open.get(id);
      assert(answered !== undefined, 'answer to a question that nobody asked');
      this.#open.delete(id);
      answered(result);
    }
  }

  openReader({ vaultUuid }: LetterLog): EntryReader {
    const { source: main, sourceParts } = this.#parts;
    const directory = new SubDirectory(sourceParts.directory, deadLetterFolder);
    const dead = new LogSource({ ...sourceParts, directory, vaultUuid });
    const reader = new LogReader(dead);
    return {
      get nextEntrySeq() {
        return reader.nextEntrySeq;
      },
      seek: (entrySeq) => reader.seek(entrySeq),
      next(end, place) {
        dead.window.forget();
        const read = reader.next(end, place);
        main.window.forget();
        return read;
      },
      close: () => reader.close(),
    };
  }

  countRedriven(count: number): void {
    this.#parts.countRedriven(count);
  }
}
