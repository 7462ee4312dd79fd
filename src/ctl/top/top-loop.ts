// The life of a live screen: what the engine tells and what keys do becomes the next state, and the
// state becomes frames. Knows neither the network nor the terminal.

import type { Clock, Timer } from '../../clock.ts';
import { asCtlError } from '../ctl-error.ts';
import type { MutationPlan } from '../show-plan.ts';
import type { Dialog } from './dialog.ts';
import type { Effect, Wanted } from './effect.ts';
import type { frame, ScreenSize } from './frame.ts';
import { FramePace } from './frame-pace.ts';
import type { Glyphs } from './glyphs.ts';
import type { Key } from './keys.ts';
import type { Line } from './line.ts';
import { keyPressed, withNotice } from './top-keys.ts';
import { initialState, type TopState } from './top-state.ts';
import { type Told, toldState } from './top-update.ts';

export interface TopLoopParts {
  readonly clock: Clock;
  readonly glyphs: Glyphs;
  readonly frame: typeof frame;
  readonly engine: TopQuestions;
  size(): ScreenSize;
  show(lines: readonly Line[]): void;
  repaint(): void;
  /** Returns when it goes on. */
  suspend(): void;
}

/** What the engine is asked for because of a key; CtlErrors are for whoever pressed it. */
export interface TopQuestions {
  askLedger(): Promise<void>;
  plan(wanted: Wanted): Promise<MutationPlan>;
  apply(wanted: Wanted): Promise<void>;
}

export class TopLoop {
  readonly #parts: TopLoopParts;
  readonly #pace: FramePace;
  readonly #ended = Promise.withResolvers<void>();
  readonly #done: string[] = [];
  #state: TopState;
  #ticks: Timer | undefined;
  #isOver = false;
  #isLedgerAsked = false;

  constructor(address: string, parts: TopLoopParts) {
    this.#parts = parts;
    this.#state = initialState(address);
    this.#pace = new FramePace(parts.clock, () => this.#guarded(() => this.#draw()));
  }

  /** Rejects with whatever went wrong in here. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** What was changed, and how to take it back. */
  get done(): readonly string[] {
    return this.#done;
  }

  begin(): void {
    this.#tick();
  }

  told(told: Told, hasHistory: boolean): void {
    this.#guarded(() => this.#become(toldState(this.#state, told, hasHistory)));
  }

  pressed(key: Key): void {
    this.#guarded(() => {
      const { state, effect } = keyPressed(this.#state, key, this.#parts.clock.nowMs());
      this.#become(state);
      if (effect !== undefined) this.#perform(effect);
    });
  }

  resized(): void {
    this.#pace.request();
  }

  end(): void {
    this.#isOver = true;
    this.#ticks?.cancel();
    this.#pace.stop();
    this.#ended.resolve();
  }

  #become(state: TopState): void {
    this.#state = state;
    if (!this.#isOver) this.#pace.request();
  }

  #draw(): void {
    const { clock, glyphs } = this.#parts;
    const size = this.#parts.size();
    this.#parts.show(this.#parts.frame(this.#state, size, clock.nowMs(), glyphs));
  }

  /** Ages grow, and the ledger is asked for again while somebody looks at it. */
  #tick(): void {
    this.#ticks = this.#parts.clock.after(tickMs, () => {
      this.#guarded(() => {
        const { view, frozen } = this.#state;
        if (view === 'ledger' && frozen === undefined) this.#askLedger();
        this.#pace.request();
      });
      if (!this.#isOver) this.#tick();
    });
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'quit':
        this.end();
        break;
      case 'suspend':
        this.#parts.suspend();
        this.#pace.request();
        break;
      case 'repaint':
        this.#parts.repaint();
        this.#pace.request();
        break;
      case 'ledger':
        this.#askLedger();
        break;
      case 'plan':
        this.#plan(effect.wanted);
        break;
      case 'apply':
        this.#apply(effect.wanted, effect.plan);
        break;
      default:
        effect satisfies never;
    }
  }

  #askLedger(): void {
    if (this.#isLedgerAsked) return;
    this.#isLedgerAsked = true;
    const answered = this.#parts.engine.askLedger().finally(() => {
      this.#isLedgerAsked = false;
    });
    this.#answer(answered, () => {});
  }

  #plan(wanted: Wanted): void {
    const waiting = this.#state.dialog;
    this.#answer(this.#parts.engine.plan(wanted), (plan) => {
      // Whoever does not wait any more does not want it any more.
      if (waiting === undefined || this.#state.dialog !== waiting) return;
      const dialog: Dialog = { kind: 'plan', title: waiting.title, wanted, plan };
      this.#become({ ...this.#state, dialog });
    });
  }

  #apply(wanted: Wanted, plan: MutationPlan): void {
    const waiting = this.#state.dialog;
    this.#answer(this.#parts.engine.apply(wanted), () => {
      this.#done.push(`done: ${plan.lines[0] ?? ''}; to undo: ${plan.undo}`);
      const { dialog } = this.#state;
      const state = { ...this.#state, dialog: dialog === waiting ? undefined : dialog };
      this.#notice(state, 'done', `done; to undo: ${plan.undo}`);
    });
  }

  /** An error of the engine is a notice, and the end of the dialog that waits for it. */
  #answer<Answer>(answer: Promise<Answer>, use: (answer: Answer) => void): void {
    answer.then(
      (value) => this.#guarded(() => use(value)),
      (fault) =>
        this.#guarded(() => {
          const error = asCtlError(fault);
          if (error === undefined) throw fault;
          const { dialog } = this.#state;
          const state = { ...this.#state, dialog: dialog?.kind === 'waiting' ? undefined : dialog };
          this.#notice(state, 'fault', `${error.code}: ${error.message}`);
        }),
    );
  }

  #notice(state: TopState, kind: 'done' | 'fault', text: string): void {
    this.#become(withNotice(state, kind, text, this.#parts.clock.nowMs()));
  }

  /** What goes wrong ends the screen, so that the terminal is restored before anybody reads it. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#isOver = true;
      this.#ticks?.cancel();
      this.#pace.stop();
      this.#ended.reject(error);
    }
  }
}

const tickMs = 1_000;
