// What each part of the screen is given to draw itself with.

import type { Glyphs } from './glyphs.ts';
import { fitted, type Line, leftAndRight, line, span } from './line.ts';
import type { Live } from './top-state.ts';

export interface PaneSpace {
  readonly live: Live;
  readonly glyphs: Glyphs;
  /** Columns. */
  readonly width: number;
  /** With its heading. */
  readonly rows: number;
}

export interface ScrolledSpace extends PaneSpace {
  /** Lines that are skipped. */
  readonly scroll: number;
  /** The arrow keys move it. */
  readonly hasFocus: boolean;
}

const headingStyle = { isBold: true, colour: 'cyan' } as const;

/** @param note at the right end */
export function heading(text: Line | string, width: number, note = ''): Line {
  const words = typeof text === 'string' ? line(span(text, headingStyle)) : text;
  return note === '' ? fitted(words, width) : leftAndRight(words, [span(note)], width);
}

/** The name of a pane, and a mark if the arrow keys move it. */
export function paneName(name: string, { hasFocus, glyphs }: ScrolledSpace): string {
  return `${hasFocus ? glyphs.focus : ' '}${name}`;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** "2-9 of 17"; empty: all of them are there. */
  readonly note: string;
}

/** Those that fit; the last page is full. */
export function pageOf<Item>(all: readonly Item[], rows: number, scroll: number): Page<Item> {
  const size = Math.max(0, rows);
  const first = Math.max(0, Math.min(scroll, all.length - size));
  const items = all.slice(first, first + size);
  const isWhole = items.length === all.length;
  const note = isWhole ? '' : `${first + 1}-${first + items.length} of ${all.length}`;
  return { items, note: items.length === 0 ? '' : note };
}

export function rightAligned(text: string, width: number): string {
  return text.padStart(width);
}
