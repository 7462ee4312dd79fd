// A real terminal for tests, with somebody who types: a shell in a tmux of its own, whose screen
// and modes can be looked at.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** Where the shell is. */
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a program may have changed. */
export interface TerminalModes {
  readonly isAlternate: boolean;
  readonly hasCursor: boolean;
  readonly wraps: boolean;
}

const untouched: TerminalModes = { isAlternate: false, hasCursor: true, wraps: true };
const waitMs = 20_000;
const lookMs = 30;

export class TmuxTerminal {
  readonly #home = temporaryDirectory('tmux');
  readonly #socket = join(this.#home.path, 'socket');
  readonly #environment: Readonly<Record<string, string>>;

  constructor({ columns, rows, directory, environment }: TerminalOptions) {
    this.#environment = {
      ...{ PATH: process.env.PATH ?? '', HOME: directory, LANG: 'C.UTF-8', HISTFILE: '/dev/null' },
      ...environment,
    };
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = 'bash --norc --noprofile -i';
    this.#tmux('-u', '-f', '/dev/null', 'new-session', '-d', ...size, '-c', directory, shell);
    this.#tmux('set-option', '-g', 'status', 'off');
  }

  /** As it is, a line each. */
  get screen(): string[] {
    return this.#tmux('capture-pane', '-p').replace(/\n$/, '').split('\n');
  }

  /** With the escape sequences of its styles. */
  get styledScreen(): string {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  get modes(): TerminalModes {
    const flags = '#{alternate_on},#{cursor_flag},#{wrap_flag}';
    const [alternate, cursor, wrap] = this.#tmux('display-message', '-p', flags).trim().split(',');
    return { isAlternate: alternate === '1', hasCursor: cursor === '1', wraps: wrap === '1' };
  }

  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** As tmux names them: "Enter", "Tab", "C-c", "Escape". */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  run(command: string): void {
    this.type(command);
    this.press('Enter');
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** From now on, all that programs write to it goes into this file as well. */
  record(path: string): void {
    this.#tmux('pipe-pane', `cat > '${path}'`);
  }

  /** Until the screen has it. */
  async see(pattern: RegExp): Promise<string> {
    return this.#until(() => {
      const text = this.screen.join('\n');
      return pattern.test(text) ? text : undefined;
    }, `${pattern}`);
  }

  async seeNothingOf(pattern: RegExp): Promise<void> {
    await this.#until(() => !pattern.test(this.screen.join('\n')) || undefined, `no ${pattern}`);
  }

  /** The shell's screen is there again. */
  async seeShell(): Promise<void> {
    await this.#until(() => !this.modes.isAlternate || undefined, "the shell's screen");
  }

  /** The shell has its terminal back as it was, and this in it. */
  async seeRestored(pattern: RegExp): Promise<string> {
    await this.see(pattern);
    assert.deepEqual(this.modes, untouched);
    this.run('clear; stty -a; echo "asked $?"');
    const stty = await this.see(/asked 0/);
    for (const mode of ['icanon', 'isig', 'echo', 'icrnl', 'opost']) {
      assert.match(stty, new RegExp(`(?<!-)\\b${mode}\\b`), stty);
    }
    return stty;
  }

  async close(): Promise<void> {
    try {
      this.#tmux('kill-server');
    } catch {
      // It has ended with its shell.
    }
    this.#home.remove();
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, ...args], {
      ...{ encoding: 'utf8', env: this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async #until<Found>(look: () => Found | undefined, what: string): Promise<Found> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        throw new Error(`the screen never had ${what}:\n${this.screen.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }
}
