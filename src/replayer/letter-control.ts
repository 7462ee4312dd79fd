// Redrive and purge as commands of an operator: one at a time, since both go through the same
// letters. What is asked for is what is there when the vault thread is asked.

import { Zone } from '../memory/zone-word.ts';
import type { ByteView } from '../vault/byte-view.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import type { Hash64 } from '../vault/hash64.ts';
import { type LetterLog, noLetterWork } from '../vault/letter-log.ts';
import type { LetterCommand } from './letter-command.ts';
import { LetterCount } from './letter-count.ts';
import type { LetterDesk, LetterDoor, LetterRun } from './letter-desk.ts';
import { LetterRoom } from './letter-room.ts';
import { LetterScan } from './letter-scan.ts';
import { Purge } from './purge.ts';
import { Redrive } from './redrive.ts';
import type { RefusalKind, ReplayAnswer } from './replay-command.ts';
import type { Replayer } from './replayer.ts';

export interface LetterControlParts {
  readonly replayer: Replayer;
  readonly area: ByteView;
  readonly hash: Hash64;
  readonly door: LetterDoor;
}

type Answer = (answer: ReplayAnswer) => void;

const tellMs = 1_000;

export class LetterControl {
  readonly #parts: LetterControlParts;
  readonly #room: LetterRoom;
  #answer: Answer | undefined;
  #run: LetterRun | undefined;
  /** Of the run. */
  #count = new LetterCount();
  #waitingLetters = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LetterControlParts) {
    this.#parts = parts;
    const { replayer } = parts;
    this.#room = new LetterRoom(
      replayer.parts.consumers.map((consumer) => ({
        room: consumer.parts.room,
        giveWay: () => consumer.giveWay(),
      })),
    );
  }

  /** Undefined: answers come `later`, the last of them when it is over. */
  start(command: LetterCommand, later: Answer): ReplayAnswer | undefined {
    const { choice } = command;
    const { consumers, zone } = this.#parts.replayer.parts;
    if (this.#answer !== undefined) return refused('busy', 'letters are being worked on already');
    if (consumers.length === 0) return refused('conflict', 'no destination has dead letters');
    if (!(choice.fromSeq < choice.toSeq))
      return refused('invalid', 'the range of letters is empty');
    const mustWait = zone() === Zone.Red && (command.kind === 'redrive' || command.dryRun);
    if (mustWait) return refused('busy', 'in Red the disk is for producers alone');
    this.#answer = later;
    this.#parts.door.ask(noLetterWork, ({ log, waitingCount }) => {
      if (this.#answer !== later) return;
      this.#waitingLetters = waitingCount;
      this.#toldMs = Number.NEGATIVE_INFINITY;
      this.#run = this.#runOf(command, log);
    });
    return undefined;
  }

  /** True: there is more to do at once. */
  step(nowMs: number): boolean {
    const run = this.#run;
    if (run === undefined) return false;
    this.#tell(nowMs);
    return run.step(nowMs);
  }

  stop(): void {
    this.#run?.stop();
    this.#over(refused('busy', 'the engine shuts down'));
  }

  #runOf(command: LetterCommand, log: LetterLog): LetterRun {
    const { replayer, area, hash, door } = this.#parts;
    const { choice, dryRun: isDryRun } = command;
    const room = this.#room;
    const { consumers, letters, outlet, zone } = replayer.parts;
    const isRed = () => zone() === Zone.Red;
    const walk = new EntryCursor(area, hash);
    const scan = new LetterScan({ log, reader: door.openReader(log), walk, room, choice });
    const count = new LetterCount();
    this.#count = count;
    const finished = (waitingLetters: number) =>
      this.#over({ kind: 'letters', outcome: count.outcome(waitingLetters), isOver: true });
    const desk: LetterDesk = { scan, room, count, door, isDryRun, isRed, finished };
    if (command.kind === 'purge') {
      return new Purge({ ...desk, consumers, isTimed: choice.receivedBeforeNs !== undefined });
    }
    const countDuplicates = (duplicates: number) => outlet.countDuplicates(duplicates);
    return new Redrive({ ...desk, letters, consumers, countDuplicates });
  }

  /** Now and then, what is done so far. */
  #tell(nowMs: number): void {
    if (this.#toldMs === Number.NEGATIVE_INFINITY) this.#toldMs = nowMs;
    if (nowMs - this.#toldMs < tellMs) return;
    this.#toldMs = nowMs;
    const outcome = this.#count.outcome(this.#waitingLetters);
    this.#answer?.({ kind: 'letters', outcome, isOver: false });
  }

  #over(answer: ReplayAnswer): void {
    const later = this.#answer;
    this.#answer = undefined;
    this.#run = undefined;
    later?.(answer);
  }
}

function refused(why: RefusalKind, message: string): ReplayAnswer {
  return { kind: 'refused', why, message };
}
