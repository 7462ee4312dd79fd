// Keys, from the bytes that a terminal sends for them. Its escape sequences may come in pieces, and
// the first byte of each is also what the Esc key sends, so that one at the end waits for a moment.

export type Key =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'control'; readonly letter: string }
  | { readonly kind: NamedKey };

export type NamedKey =
  | 'enter'
  | 'escape'
  | 'tab'
  | 'back-tab'
  | 'backspace'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end';

export class KeyDecoder {
  #kept = '';

  /** Something is kept that may be the Esc key. */
  get isWaiting(): boolean {
    return this.#kept !== '';
  }

  decode(text: string): Key[] {
    const keys: Key[] = [];
    let rest = this.#kept + text;
    this.#kept = '';
    while (rest !== '') {
      if (isUnfinished.test(rest)) {
        this.#kept = rest;
        break;
      }
      const [taken, key] = firstKey(rest);
      if (key !== undefined) keys.push(key);
      rest = rest.slice(taken);
    }
    return keys;
  }

  /** Nothing more has come: it was the Esc key, and what follows it was typed. */
  flush(): Key[] {
    const kept = this.#kept;
    this.#kept = '';
    return kept === '' ? [] : [{ kind: 'escape' }, ...this.decode(kept.slice(1))];
  }
}

/** ECMA-48: a control sequence ends with a byte from "@" on; SS3 has one byte more. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const isUnfinished = /^\u001b(?:\[[\u0020-\u003f]{0,16}|O)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const sequence = /^\u001b(?:\[([\u0020-\u003f]*)([\u0040-\u007e])|O([\u0040-\u007e]))/;

/** With how much of the text it took; undefined: a key that means nothing here. */
function firstKey(text: string): readonly [number, Key | undefined] {
  const [whole = '', parameters = '', final, afterO] = sequence.exec(text) ?? [];
  if (whole !== '') {
    const name = afterO === undefined ? sequenceName(parameters, final) : finals[afterO];
    return [whole.length, name === undefined ? undefined : { kind: name }];
  }
  const character = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const taken = character.length;
  const code = character.charCodeAt(0);
  const name = singles[character];
  if (name !== undefined) return [taken, { kind: name }];
  if (code < 32) return [taken, { kind: 'control', letter: letterOf(code) }];
  // The controls above ASCII are no text.
  return [taken, code >= 127 && code < 160 ? undefined : { kind: 'text', text: character }];
}

function letterOf(code: number): string {
  return String.fromCharCode(code + 64).toLowerCase();
}

function sequenceName(parameters: string, final: string | undefined): NamedKey | undefined {
  if (final === '~') return tildes[parameters];
  return finals[final ?? ''];
}

const singles: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
};

const finals: Readonly<Record<string, NamedKey>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  M: 'enter',
  Z: 'back-tab',
};

const tildes: Readonly<Record<string, NamedKey>> = {
  1: 'home',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};
