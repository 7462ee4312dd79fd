// Steps over the values of unknown members. They must be JSON all the same: what JSON.parse refuses
// is refused whole. The walk keeps one byte for each open array or object and does not recurse.

import { messageDepthMax } from '../limits.ts';
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
  quote,
} from './json-characters.ts';
import type { JsonCursor } from './json-cursor.ts';
import { JsonNumber } from './json-number.ts';
import { copyString } from './json-string.ts';

export class ValueSkip {
  readonly #cursor: JsonCursor;
  readonly #number = new JsonNumber();
  /** The byte that ends each open array or object, innermost last; made when there is a value. */
  #closers: Uint8Array | undefined;

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor;
  }

  /** Steps over any value; what lies between `scratchBytes` and the cursor may be overwritten. */
  skip(scratchBytes: number): void {
    const cursor = this.#cursor;
    this.#closers ??= new Uint8Array(skipDepthMax);
    const closers = this.#closers;
    let depth = 0;
    for (;;) {
      const first = cursor.peek();
      if (first === openBrace || first === openBracket) {
        if (depth === skipDepthMax) {
          throw cursor.fault(`more than ${skipDepthMax} arrays and objects in an unknown field`);
        }
        cursor.offsetBytes += 1;
        const closer = first === openBrace ? closeBrace : closeBracket;
        closers[depth] = closer;
        depth += 1;
        if (cursor.peek() !== closer) {
          if (first === openBrace) this.#name(scratchBytes);
          continue;
        }
      } else {
        this.#scalar(first, scratchBytes);
      }
      while (depth > 0 && cursor.take(closers[depth - 1]!)) depth -= 1; // depth > 0
      if (depth === 0) return;
      cursor.expect(comma, 'a comma or the end of the array or object');
      if (closers[depth - 1] === closeBrace) this.#name(scratchBytes);
    }
  }

  #name(scratchBytes: number): void {
    this.#cursor.expect(quote, 'a name in quotes');
    copyString(this.#cursor, scratchBytes);
    this.#cursor.expect(colon, 'a colon');
  }

  #scalar(first: number, scratchBytes: number): void {
    const cursor = this.#cursor;
    switch (first) {
      case quote:
        cursor.offsetBytes += 1;
        copyString(cursor, scratchBytes);
        return;
      case 0x74: // true
      case 0x66: // false
        cursor.bool();
        return;
      case 0x6e:
        cursor.takeNull();
        return;
      default: {
        const endBytes = this.#number.read(cursor.bytes, cursor.offsetBytes, cursor.bytes.length);
        if (endBytes < 0) throw cursor.unexpected('a value');
        cursor.offsetBytes = endBytes;
      }
    }
  }
}

/** Arrays and objects around each other in a value that is stepped over. */
const skipDepthMax = messageDepthMax;
