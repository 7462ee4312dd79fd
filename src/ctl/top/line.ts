// One line of the screen: pieces of text with their styles, and the ways to make it as wide as
// wanted. Whatever the engine says becomes printable here, once.

import { printable } from '../../tls/printable.ts';
import { plain, type TextStyle, withStyle } from '../text-style.ts';
import { cellWidth, cutTo } from './cell-width.ts';

export interface Span {
  readonly text: string;
  readonly style: TextStyle;
}

export type Line = readonly Span[];

/** Lone halves of a surrogate pair are no text; terminals answer them with anything. */
export function span(text: string, style: TextStyle = plain): Span {
  return { text: printable(text).toWellFormed(), style };
}

export function line(...parts: readonly (Span | string)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? span(part) : part));
}

export function lineWidth(of: Line): number {
  return of.reduce((sum, { text }) => sum + cellWidth(text), 0);
}

/** Exactly so wide: cut, or filled with blanks. */
export function fitted(of: Line, width: number): Line {
  const parts: Span[] = [];
  let left = Math.max(0, width);
  for (const { text, style } of of) {
    const shown = cutTo(text, left);
    if (shown !== '') parts.push({ text: shown, style });
    left -= cellWidth(shown);
    if (shown.length < text.length) break;
  }
  return left === 0 ? parts : [...parts, { text: ' '.repeat(left), style: plain }];
}

/** The left one gives way. */
export function leftAndRight(left: Line, right: Line, width: number): Line {
  const rightWidth = lineWidth(right);
  if (rightWidth + 1 > width) return fitted(right, width);
  return [...fitted(left, width - rightWidth - 1), span(' '), ...right];
}

/** As many of the parts as fit, two blanks between them; the first one is cut if it has to be. */
export function joined(parts: readonly Line[], width: number): Line {
  const whole: Span[] = [...(parts[0] ?? [])];
  let taken = lineWidth(whole);
  for (const part of parts.slice(1)) {
    taken += 2 + lineWidth(part);
    if (taken > width) break;
    whole.push(span('  '), ...part);
  }
  return fitted(whole, width);
}

/** As it goes to the terminal. */
export function painted(of: Line, hasColours: boolean): string {
  return of.map(({ text, style }) => withStyle(text, style, hasColours)).join('');
}

/** Without styles and without the blanks at its end. */
export function plainText(of: Line): string {
  return of
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}
