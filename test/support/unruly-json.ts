// One OTLP/JSON tree in one of its countless spellings: white space, members in any order, unknown
// members, duplicates that a later member replaces, escapes, numbers as strings and the other way
// round. What it means stays the same.

import type { Json } from './otlp-json.ts';
import type { SeededRandom } from './seeded-random.ts';

export class UnrulyJson {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  text(value: Json): string {
    return this.#space(this.#value(value, ''));
  }

  #value(value: Json, key: string): string {
    if (Array.isArray(value)) return this.#list(value.map((element) => this.#value(element, '')));
    if (typeof value === 'object' && value !== null) return this.#object(value);
    if (typeof value === 'number') return this.#number(value, key);
    if (typeof value !== 'string') return String(value);
    if (numericKeys.has(key) && this.#random.oneIn(2) && /^-?\d+$/.test(value)) return value;
    if (key === 'bytesValue') return this.#string(this.#base64(value));
    if (idKeys.has(key) && this.#random.oneIn(2)) return this.#string(value.toUpperCase());
    return this.#string(value);
  }

  #list(elements: readonly string[]): string {
    return `[${elements.map((element) => this.#space(element)).join(',') || this.#space('')}]`;
  }

  #object(value: { readonly [key: string]: Json }): string {
    const members = Object.entries(value)
      .map(([key, member]): [number, string] => [
        this.#random.next(),
        this.#member(key, this.#value(member, key)),
      ])
      .sort(([a], [b]) => a - b)
      .map(([, text]) => text);
    for (const key of Object.keys(value)) {
      // Before all others, so that the real one is the last.
      if (this.#random.oneIn(6)) members.unshift(this.#member(key, this.#otherValue(key)));
    }
    if (oneofKeys.some((key) => key in value) && this.#random.oneIn(5)) {
      members.unshift(this.#member('boolValue', 'true'));
      members.push(this.#member('kvlistValue' in value ? 'arrayValue' : 'kvlistValue', 'null'));
    }
    while (this.#random.oneIn(5)) {
      const at = this.#random.below(members.length + 1);
      members.splice(at, 0, this.#member(this.#random.pick(unknownKeys), this.#junk(3)));
    }
    return `{${members.join(',') || this.#space('')}}`;
  }

  #member(key: string, value: string): string {
    return `${this.#space(this.#string(key, 20))}:${this.#space(value)}`;
  }

  /** Valid for the field, and not what counts. */
  #otherValue(key: string): string {
    if (this.#random.oneIn(3)) return 'null';
    if (key === 'severityNumber') return '17';
    if (numericKeys.has(key)) return this.#random.pick(['"17"', '3', '2e2']);
    if (idKeys.has(key)) return '""';
    if (key === 'bytesValue') return '"AAECAw"';
    if (key === 'boolValue') return 'true';
    if (listKeys[key] !== undefined) return this.#random.pick(['[]', listKeys[key]]);
    if (messageKeys.has(key)) return '{}';
    return this.#random.pick(['""', '"other"', `"${'long '.repeat(40)}"`]);
  }

  #number(value: number, key: string): string {
    const text = Object.is(value, -0) ? '-0.0' : String(value);
    const canBeString = key !== 'severityNumber' && this.#random.oneIn(4);
    return canBeString ? this.#string(text) : text;
  }

  #base64(value: string): string {
    const alphabet = this.#random.oneIn(2) ? value.replace(/\+/g, '-').replace(/\//g, '_') : value;
    return this.#random.oneIn(2) ? alphabet.replace(/=+$/, '') : alphabet;
  }

  /** `rarity`: one character in so many is an escape that it need not be. */
  #string(value: string, rarity = 8): string {
    let text = '"';
    for (const character of value) {
      const mustEscape = character < ' ' || character === '"' || character === '\\';
      if (this.#random.oneIn(rarity)) text += this.#unicodeEscape(character);
      else if (mustEscape) text += JSON.stringify(character).slice(1, -1);
      else text += character === '/' && this.#random.oneIn(2) ? '\\/' : character;
    }
    return `${text}"`;
  }

  #unicodeEscape(character: string): string {
    let text = '';
    for (let at = 0; at < character.length; at += 1) {
      const digits = character.charCodeAt(at).toString(16).padStart(4, '0');
      text += `\\u${this.#random.oneIn(2) ? digits.toUpperCase() : digits}`;
    }
    return text;
  }

  #junk(depth: number): string {
    const scalars = ['null', 'true', '-1.5e-7', '"\\u00e9\\n"', '{}', '[]', '"resourceLogs"'];
    if (depth === 0 || this.#random.oneIn(2)) return this.#random.pick(scalars);
    const inner = Array.from({ length: this.#random.below(3) }, () => this.#junk(depth - 1));
    if (this.#random.oneIn(2)) return this.#list(inner);
    return `{${inner.map((value) => this.#member('key', value)).join(',')}}`;
  }

  #space(text: string): string {
    if (!this.#random.oneIn(4)) return text;
    return `${this.#random.pick(spaces)}${text}${this.#random.pick(spaces)}`;
  }
}

const spaces = ['', ' ', '\n', '\t', '\r\n', '    '];
const idKeys = new Set(['traceId', 'spanId']);
const oneofKeys = ['stringValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue'];
const messageKeys = new Set(['resource', 'scope', 'body', 'value', 'arrayValue', 'kvlistValue']);
const numericKeys = new Set([
  ...['timeUnixNano', 'observedTimeUnixNano', 'severityNumber', 'droppedAttributesCount', 'flags'],
  ...['intValue', 'doubleValue', 'keyStrindex', 'stringValueStrindex'],
]);
const listKeys: Readonly<Record<string, string>> = {
  resourceLogs: '[{"schemaUrl":"other"}]',
  scopeLogs: '[{"scope":{"name":"other"}},{}]',
  logRecords: '[{"severityText":"other"}]',
  attributes: '[{"key":"other"},{}]',
  entityRefs: '[{"type":"other","idKeys":["a"]}]',
  idKeys: '["other"]',
  descriptionKeys: '["other",""]',
  values: '[{}]',
};
/** Names in snake_case are unknown too. */
const unknownKeys = [
  ...['', 'x', 'resource_logs', 'scope_logs', 'log_records', 'trace_id', 'string_value', 'Body'],
  ...['__proto__', 'resourceLog', 'timeUnixNanoo', 'deprecated', 'k\u0000', 'schlüssel'],
];
