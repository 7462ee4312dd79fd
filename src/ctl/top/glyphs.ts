// The characters that bars and curves are drawn with: those of Unicode, or ASCII where the locale
// has no others.

export interface Glyphs {
  /** From nothing to a whole cell, in equal steps. */
  readonly bar: readonly string[];
  /** What a bar has not reached. */
  readonly track: string;
  readonly yellowTick: string;
  readonly redTick: string;
  /** From least to most. */
  readonly curve: readonly string[];
  /** Beside the pane that the arrow keys move. */
  readonly focus: string;
  readonly rule: string;
}

const unicode: Glyphs = {
  bar: [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  track: '·',
  yellowTick: '┊',
  redTick: '┃',
  curve: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  focus: '▸',
  rule: '─',
};

const ascii: Glyphs = {
  bar: [' ', '#'],
  track: '.',
  yellowTick: ':',
  redTick: '|',
  curve: ['_', '.', '-', '=', '+', '*', '#', '@'],
  focus: '>',
  rule: '-',
};

/** Of the locale, by the variables that programs look at, in their order. */
export function glyphsFor(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const { LC_ALL, LC_CTYPE, LANG } = environment;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '') ? unicode : ascii;
}
