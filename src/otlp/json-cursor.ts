// A cursor over JSON text in bytes: white space, punctuation and literals. What is not JSON throws
// OTLP_MALFORMED with the byte's position and the field that it is in.

import { GopherShipError } from '../errors.ts';

/** Says in which field the reader is, for messages of errors. */
export interface FieldPath {
  path(): string;
}

export class JsonCursor {
  /** The text and nothing else: positions count from its start. */
  readonly bytes: Uint8Array;
  offsetBytes = 0;
  readonly #fieldPath: FieldPath;

  constructor(bytes: Uint8Array, fieldPath: FieldPath) {
    this.bytes = bytes;
    this.#fieldPath = fieldPath;
  }

  /** The first byte that is no white space, where the cursor then stands; -1 at the end. */
  peek(): number {
    const { bytes } = this;
    const endBytes = bytes.length;
    let at = this.offsetBytes;
    while (at < endBytes) {
      const byte = bytes[at]!; // inside: checked
      if (byte > space || !isSpace(byte)) {
        this.offsetBytes = at;
        return byte;
      }
      at += 1;
    }
    this.offsetBytes = at;
    return -1;
  }

  /** Steps over white space and this byte, if it comes next. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.offsetBytes += 1;
    return true;
  }

  expect(byte: number, what: string): void {
    if (!this.take(byte)) throw this.unexpected(what);
  }

  /** Steps over null, if it comes next. */
  takeNull(): boolean {
    if (this.peek() !== nullLiteral[0]) return false;
    this.#literal(nullLiteral);
    return true;
  }

  bool(): boolean {
    const isTrue = this.peek() === trueLiteral[0];
    if (isTrue) this.#literal(trueLiteral);
    else if (this.peek() === falseLiteral[0]) this.#literal(falseLiteral);
    else throw this.unexpected('true or false');
    return isTrue;
  }

  #literal(literal: Uint8Array): void {
    const at = this.offsetBytes;
    for (let index = 0; index < literal.length; index += 1) {
      if (this.bytes[at + index] !== literal[index]) {
        throw this.fault('a word that is not true, false or null');
      }
    }
    this.offsetBytes = at + literal.length;
  }

  /** The error for what comes next where `what` must be. */
  unexpected(what: string): GopherShipError {
    const byte = this.peek();
    if (byte < 0) return this.fault(`the text ends where ${what} is expected`);
    const isVisible = byte > space && byte < 0x7f;
    const shown = isVisible ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`;
    return this.fault(`${shown} where ${what} is expected`);
  }

  fault(what: string, atBytes = this.offsetBytes): GopherShipError {
    const path = this.#fieldPath.path();
    const where = path === '' ? '' : ` in ${path}`;
    return new GopherShipError('OTLP_MALFORMED', `JSON, byte ${atBytes}${where}: ${what}`);
  }
}

const space = 0x20;
const nullLiteral = Buffer.from('null');
const trueLiteral = Buffer.from('true');
const falseLiteral = Buffer.from('false');

function isSpace(byte: number): boolean {
  return byte === space || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
