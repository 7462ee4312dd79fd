// The terminal that frames are shown on: another screen than the shell's, without a cursor, whose
// keys come one by one. Whatever it changed it changes back.

import type { Clock, Timer } from '../../clock.ts';
import type { ScreenDevice } from '../terminal.ts';
import type { ScreenSize } from './frame.ts';
import { type Key, KeyDecoder } from './keys.ts';
import { type Line, painted } from './line.ts';

export interface ScreenParts {
  readonly device: ScreenDevice;
  readonly clock: Clock;
  readonly hasColours: boolean;
  pressed(key: Key): void;
  resized(): void;
  /** There is no terminal any more. */
  hungUp(): void;
}

export class Screen {
  readonly #parts: ScreenParts;
  readonly #keys = new KeyDecoder();
  #isEntered = false;
  /** What each line of the terminal shows. */
  #shown: string[] = [];
  #escape: Timer | undefined;

  constructor(parts: ScreenParts) {
    this.#parts = parts;
  }

  get size(): ScreenSize {
    const { columns, rows } = this.#parts.device.output;
    // Some terminals do not say.
    return { columns: columns || 80, rows: rows || 24 };
  }

  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    const { input, output } = this.#parts.device;
    this.#shown = [];
    input.setRawMode(true);
    input.setEncoding('utf8');
    input.on('data', this.#read);
    input.once('end', this.#hungUp);
    input.once('error', this.#hungUp);
    input.resume();
    output.on('resize', this.#resized);
    output.write(enterSequence);
  }

  /** Once for each enter(); also from within whatever goes wrong. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    const { input, output } = this.#parts.device;
    this.#escape?.cancel();
    output.off('resize', this.#resized);
    input.off('data', this.#read);
    input.off('end', this.#hungUp);
    input.off('error', this.#hungUp);
    // A terminal that is gone has nothing to be restored, and must not keep the rest from it.
    attempt(() => output.write(leaveSequence));
    attempt(() => input.setRawMode(false));
    input.pause();
  }

  /** What only differs from the frame before is written. */
  show(frame: readonly Line[]): void {
    if (!this.#isEntered) return;
    const lines = frame.map((line) => painted(line, this.#parts.hasColours));
    const changes = lines.flatMap((line, row) =>
      line === this.#shown[row] ? [] : `\u001b[${row + 1};1H\u001b[2K${line}`,
    );
    this.#shown = lines;
    if (changes.length > 0) this.#parts.device.output.write(`${begin}${changes.join('')}${finish}`);
  }

  /** Somebody else may have written to it, or changed its modes. */
  repaint(): void {
    if (!this.#isEntered) return;
    this.#shown = [];
    // Raw already, Node would leave it as it is, whatever a shell has made of it meanwhile.
    this.#parts.device.input.setRawMode(false);
    this.#parts.device.input.setRawMode(true);
    this.#parts.device.output.write(enterSequence);
  }

  readonly #read = (text: string) => {
    this.#escape?.cancel();
    for (const key of this.#keys.decode(text)) this.#parts.pressed(key);
    if (!this.#keys.isWaiting) return;
    this.#escape = this.#parts.clock.after(escapeMs, () => {
      for (const key of this.#keys.flush()) this.#parts.pressed(key);
    });
  };

  readonly #resized = () => {
    this.#shown = [];
    this.#parts.device.output.write(clear);
    this.#parts.resized();
  };

  readonly #hungUp = () => this.#parts.hungUp();
}

/** The rest of a sequence follows at once, also over a slow line. */
const escapeMs = 60;

const clear = '\u001b[2J';
// xterm's private modes: 1049 the other screen, 25 the cursor, 7 lines that go on in the next one.
// Without the last, a character that is wider than we think spoils its own line only.
const enterSequence = `\u001b[?1049h\u001b[?25l\u001b[?7l${clear}`;
const leaveSequence = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l';
/** Terminals that know it show all of a frame at once. */
const begin = '\u001b[?2026h';
const finish = '\u001b[?2026l';

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nobody is left to see it.
  }
}
