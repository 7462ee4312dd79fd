// The messages that a JSON text has open, outermost first: which field each is at, where its
// content starts, and where each of its fields has been written, so that a duplicate can take its
// place. One array of numbers that grows once; no object per message.

import { assert } from '../assert.ts';
import { messageDepthMax } from '../limits.ts';
import type { FieldPath } from './json-cursor.ts';
import type { JsonField, MessageKind } from './json-field-table.ts';

export class OpenMessages implements FieldPath {
  /** Messages open now, the request included. */
  depth = 0;
  readonly #fields: (JsonField | undefined)[] = [];
  #numbers = new Int32Array(usualDepth * stride);
  #base = 0;

  /** False: messageDepthMax messages are open already. */
  push(kind: MessageKind, contentBytes: number): boolean {
    if (this.depth === messageDepthMax) return false;
    this.#base = this.depth * stride;
    if (this.#base === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[this.#base + kindAt] = kind;
    numbers[this.#base + contentAt] = contentBytes;
    numbers[this.#base + elementAt] = noList;
    numbers[this.#base + seenAt] = 0;
    this.#fields[this.depth] = undefined;
    this.depth += 1;
    return true;
  }

  pop(): void {
    assert(this.depth > 0, 'no message is open');
    this.depth -= 1;
    this.#base = Math.max(this.depth - 1, 0) * stride;
  }

  // All that follows is about the innermost message.

  get kind(): MessageKind {
    return this.#numbers[this.#base + kindAt] as MessageKind; // push() has put one there
  }

  get contentBytes(): number {
    return this.#numbers[this.#base + contentAt]!; // inside: a message is open
  }

  get field(): JsonField {
    const field = this.#fields[this.depth - 1];
    assert(field !== undefined, 'no field is being read');
    return field;
  }

  /** An unknown field, or none, is undefined. */
  setField(field: JsonField | undefined): void {
    this.#fields[this.depth - 1] = field;
  }

  get inList(): boolean {
    return this.#numbers[this.#base + elementAt] !== noList;
  }

  openList(): void {
    this.#numbers[this.#base + elementAt] = 0;
  }

  nextElement(): void {
    this.#numbers[this.#base + elementAt]! += 1; // inside: a message is open
  }

  closeList(): void {
    this.#numbers[this.#base + elementAt] = noList;
  }

  /** Which fields have been met: bit n for field number n. */
  get seen(): number {
    return this.#numbers[this.#base + seenAt]!; // inside: a message is open
  }

  setSeen(bits: number): void {
    this.#numbers[this.#base + seenAt] = bits;
  }

  /** Where the field that is being read will be written. */
  startAt(fromBytes: number): void {
    this.#numbers[this.#range(this.field.number)] = fromBytes;
  }

  endAt(toBytes: number): void {
    this.#numbers[this.#range(this.field.number) + 1] = toBytes;
  }

  /** The range of a field that has been seen. */
  from(fieldNumber: number): number {
    return this.#numbers[this.#range(fieldNumber)]!; // inside: see #range
  }

  to(fieldNumber: number): number {
    return this.#numbers[this.#range(fieldNumber) + 1]!; // inside: see #range
  }

  /** A range was taken out and what stood behind it has moved. Unseen fields have no range. */
  moveRanges(behindBytes: number, sizeBytes: number): void {
    for (let number = 1; number <= fieldNumberMax; number += 1) {
      const at = this.#range(number);
      if (this.#numbers[at]! < behindBytes) continue; // inside: see #range
      this.#numbers[at]! -= sizeBytes;
      this.#numbers[at + 1]! -= sizeBytes;
    }
  }

  #range(fieldNumber: number): number {
    return this.#base + rangesAt + 2 * fieldNumber;
  }

  #grow(): void {
    const numbers = new Int32Array(messageDepthMax * stride);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }

  path(): string {
    let path = '';
    for (let level = 0; level < this.depth; level += 1) {
      const field = this.#fields[level];
      if (field === undefined) break;
      const element = this.#numbers[level * stride + elementAt]!; // inside: level < depth
      path += `${path === '' ? '' : '.'}${field.name}${element === noList ? '' : `[${element}]`}`;
    }
    return path.length <= pathSizeMax ? path : `...${path.slice(-pathSizeMax)}`;
  }
}

/** Deep enough for all but lists of lists: request to attribute value are six. */
const usualDepth = 8;
const noList = -1;

/** Characters of a path that an error message shows: an answer has a bound too. */
const pathSizeMax = 300;

// One message: kind, content, element, seen, then {from, to} by field number (0 is none).
const kindAt = 0;
const contentAt = 1;
const elementAt = 2;
const seenAt = 3;
const rangesAt = 4;
const fieldNumberMax = 12;
const stride = rangesAt + 2 * (fieldNumberMax + 1);
