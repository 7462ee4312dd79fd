// Where the view goes: redrawn in place on a terminal, or one plain line a second. The terminal is
// given back as it was however the process ends.

import { writeSync } from 'node:fs';
import { type Frame, frameLines, frameWidth, plainLine } from './frame.ts';

export interface Screen {
  /** How often it wants a frame. */
  readonly intervalMs: number;
  show(frame: Frame): void;
  /** Text below the view, from now on. */
  print(text: string): void;
}

export interface ScreenOptions {
  readonly output: NodeJS.WriteStream;
  /** As the environment has NO_COLOR and TERM. */
  readonly noColour: string | undefined;
  readonly term: string | undefined;
}

export function openScreen({ output, noColour = '', term }: ScreenOptions): Screen {
  const isDrawn = output.isTTY === true && noColour === '' && term !== 'dumb';
  return isDrawn ? new DrawnScreen(output) : new PlainScreen(output);
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearBelow = '\u001b[J';
const clearRestOfLine = '\u001b[K';

class DrawnScreen implements Screen {
  readonly intervalMs = 200;
  readonly #output: NodeJS.WriteStream;
  #drawnLines = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
    output.write(hideCursor);
    // Also after process.exit(), when nothing asynchronous is written any more.
    process.on('exit', () => writeSync(process.stdout.fd, showCursor));
  }

  show(frame: Frame): void {
    // A line that the terminal wraps would spoil the counting of lines.
    const isNarrow = this.#output.columns < frameWidth;
    const lines = isNarrow
      ? [plainLine(frame).slice(0, this.#output.columns - 1)]
      : frameLines(frame, true);
    const up = this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}F`;
    this.#output.write(
      `${up}${lines.map((line) => `${line}${clearRestOfLine}\n`).join('')}${clearBelow}`,
    );
    this.#drawnLines = lines.length;
  }

  print(text: string): void {
    this.#output.write(`\n${text}\n`);
    this.#drawnLines = 0;
  }
}

class PlainScreen implements Screen {
  readonly intervalMs = 1_000;
  readonly #output: NodeJS.WriteStream;
  #phase = '';

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  show(frame: Frame): void {
    if (frame.phase !== this.#phase) this.#output.write(`-- ${frame.phase}\n`);
    this.#phase = frame.phase;
    this.#output.write(`${plainLine(frame)}\n`);
  }

  print(text: string): void {
    this.#output.write(`${text}\n`);
  }
}
