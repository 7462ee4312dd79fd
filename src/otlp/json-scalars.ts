// The scalar values of OTLP/JSON: each is read from the cursor and written as one protobuf field.
// Mapping: proto3 JSON with OTLP's changes (ids in hex, enums as integers only).

import { base64Digits, minus, padding, quote } from './json-characters.ts';
import type { JsonCursor } from './json-cursor.ts';
import { type JsonField, ValueKind } from './json-field-table.ts';
import { JsonNumber } from './json-number.ts';
import { type JsonOutput, stringElementSizeBytesMax } from './json-output.ts';
import { copyString, hexDigit, plainRunEnd } from './json-string.ts';

export class JsonScalars {
  readonly #cursor: JsonCursor;
  readonly #output: JsonOutput;
  readonly #number = new JsonNumber();
  /** The text of the string that text() has read. */
  textFromBytes = 0;
  textToBytes = 0;

  constructor(cursor: JsonCursor, output: JsonOutput) {
    this.#cursor = cursor;
    this.#output = output;
  }

  /** Reads the value that comes next; the default value is written only in a oneof or a list. */
  field(field: JsonField): void {
    switch (field.kind) {
      case ValueKind.String:
        this.#string(field);
        break;
      case ValueKind.Base64:
        this.#base64(field.tag);
        break;
      case ValueKind.TraceId:
        this.#hex(field.tag, traceIdSizeBytes);
        break;
      case ValueKind.SpanId:
        this.#hex(field.tag, spanIdSizeBytes);
        break;
      case ValueKind.Bool:
        this.#output.varint(field.tag, this.#cursor.bool() ? 1 : 0, 0);
        break;
      case ValueKind.Double:
        this.#output.double(field.tag, this.#double());
        break;
      default:
        this.#integer(field);
    }
  }

  /**
   * Finds the text of a string whose opening quote comes next. Escapes are resolved; the text then
   * stands right before the cursor, where no output reaches before it has been read.
   */
  text(what: string): void {
    const cursor = this.#cursor;
    const { bytes } = cursor;
    cursor.expect(quote, what);
    const fromBytes = cursor.offsetBytes;
    const runEndBytes = plainRunEnd(bytes, fromBytes);
    if (bytes[runEndBytes] === quote) {
      cursor.offsetBytes = runEndBytes + 1;
      this.textFromBytes = fromBytes;
      this.textToBytes = runEndBytes;
      return;
    }
    const endBytes = copyString(cursor, fromBytes);
    this.textToBytes = cursor.offsetBytes;
    this.textFromBytes = cursor.offsetBytes - (endBytes - fromBytes);
    bytes.copyWithin(this.textFromBytes, fromBytes, endBytes);
  }

  #string({ tag, inOneof, repeated }: JsonField): void {
    const fromBytes = this.#output.offsetBytes;
    this.#cursor.expect(quote, 'a string');
    const sizeBytes = this.#output.string(tag);
    if (sizeBytes === 0 && !inOneof && !repeated) this.#output.offsetBytes = fromBytes;
    if (repeated && sizeBytes > stringElementSizeBytesMax) {
      throw this.#cursor.fault(`more than ${stringElementSizeBytesMax} bytes in a listed key`);
    }
  }

  #hex(tag: number, sizeBytes: number): void {
    const cursor = this.#cursor;
    const { bytes } = cursor;
    this.text('an id in hex');
    const digits = this.textToBytes - this.textFromBytes;
    if (digits === 0) return;
    if (digits !== 2 * sizeBytes) {
      throw cursor.fault(`an id of ${digits} characters, not ${2 * sizeBytes} hex digits`);
    }
    const fromBytes = this.textFromBytes;
    const toBytes = this.#output.openBytes(tag, sizeBytes);
    for (let index = 0; index < sizeBytes; index += 1) {
      const upper = hexDigit(bytes[fromBytes + 2 * index]);
      const lower = hexDigit(bytes[fromBytes + 2 * index + 1]);
      if (upper < 0 || lower < 0)
        throw cursor.fault('an id with characters that are no hex digits');
      bytes[toBytes + index] = upper * 16 + lower;
    }
  }

  /** Both alphabets of RFC 4648, with padding to a multiple of four or without any. */
  #base64(tag: number): void {
    const { bytes } = this.#cursor;
    this.text('bytes in base64');
    const fromBytes = this.textFromBytes;
    let toBytes = this.textToBytes;
    if ((toBytes - fromBytes) % 4 === 0) {
      for (let index = 0; index < 2; index += 1) {
        if (toBytes > fromBytes && bytes[toBytes - 1] === padding) toBytes -= 1;
      }
    }
    const digits = toBytes - fromBytes;
    if (digits % 4 === 1) throw this.#cursor.fault('base64 with a single character at its end');
    let at = this.#output.openBytes(tag, Math.floor((digits * 3) / 4));
    let bits = 0;
    let bitCount = 0;
    for (let from = fromBytes; from < toBytes; from += 1) {
      const value = base64Values[bytes[from]!]!; // inside; 256 entries
      if (value === noDigit) throw this.#cursor.fault('a character that is not base64');
      bits = ((bits << 6) | value) & 0xffff;
      bitCount += 6;
      if (bitCount < 8) continue;
      bitCount -= 8;
      bytes[at] = bits >>> bitCount;
      at += 1;
    }
  }

  #double(): number {
    const cursor = this.#cursor;
    if (cursor.peek() === quote) {
      this.text('a number');
      const special = this.#special();
      if (special !== undefined) return special;
      this.#quotedNumber();
    } else {
      this.#bareNumber();
    }
    const value = this.#number.toDouble();
    if (!Number.isFinite(value)) throw cursor.fault('a number beyond the range of double');
    return value;
  }

  #special(): number | undefined {
    for (const [name, value] of specialDoubles) {
      if (this.#textIs(name)) return value;
    }
    return undefined;
  }

  #textIs(name: Uint8Array): boolean {
    if (this.textToBytes - this.textFromBytes !== name.length) return false;
    return name.every((byte, index) => this.#cursor.bytes[this.textFromBytes + index] === byte);
  }

  #quotedNumber(): void {
    const { bytes } = this.#cursor;
    const endBytes = this.#number.read(bytes, this.textFromBytes, this.textToBytes);
    if (endBytes !== this.textToBytes) throw this.#cursor.fault('a string that is not a number');
  }

  #bareNumber(): void {
    const cursor = this.#cursor;
    const first = cursor.peek();
    const endBytes = this.#number.read(cursor.bytes, cursor.offsetBytes, cursor.bytes.length);
    if (endBytes < 0) {
      throw isNumberStart(first)
        ? cursor.fault('digits that are not a JSON number')
        : cursor.unexpected('a number');
    }
    cursor.offsetBytes = endBytes;
  }

  #integer(field: JsonField): void {
    const cursor = this.#cursor;
    if (field.kind !== ValueKind.Enum && cursor.peek() === quote) {
      this.text('a number');
      this.#quotedNumber();
    } else {
      this.#bareNumber();
    }
    const number = this.#number;
    if (!number.toInteger() || !inRange(field.kind, number)) {
      throw cursor.fault(`not an integer from ${ranges[field.kind]}`);
    }
    this.#writeInteger(field);
  }

  #writeInteger({ kind, tag, inOneof }: JsonField): void {
    const { isNegative } = this.#number;
    let { low, high } = this.#number;
    if (low === 0 && high === 0) {
      if (!inOneof) return;
    } else if (isNegative) {
      // Two's complement of 64 bits, which is how protobuf has int32 too.
      high = (~high + (low === 0 ? 1 : 0)) >>> 0;
      low = (~low + 1) >>> 0;
    }
    if (kind === ValueKind.Fixed64) this.#output.fixed64(tag, low, high);
    else if (kind === ValueKind.Fixed32) this.#output.fixed32(tag, low);
    else this.#output.varint(tag, low, high);
  }
}

function isNumberStart(byte: number): boolean {
  return byte === minus || (byte >= 0x30 && byte <= 0x39);
}

function inRange(kind: ValueKind, { low, high, isNegative }: JsonNumber): boolean {
  switch (kind) {
    case ValueKind.Int64:
      return high < twoTo31 || (isNegative && high === twoTo31 && low === 0);
    case ValueKind.Fixed64:
      return !isNegative || (low === 0 && high === 0);
    case ValueKind.Uint32:
    case ValueKind.Fixed32:
      return high === 0 && (!isNegative || low === 0);
    default:
      return high === 0 && (low < twoTo31 || (isNegative && low === twoTo31));
  }
}

const ranges: Readonly<Partial<Record<ValueKind, string>>> = {
  [ValueKind.Int64]: '-9223372036854775808 to 9223372036854775807',
  [ValueKind.Fixed64]: '0 to 18446744073709551615',
  [ValueKind.Int32]: '-2147483648 to 2147483647',
  [ValueKind.Enum]: '-2147483648 to 2147483647',
  [ValueKind.Uint32]: '0 to 4294967295',
  [ValueKind.Fixed32]: '0 to 4294967295',
};

const twoTo31 = 2 ** 31;
const traceIdSizeBytes = 16;
const spanIdSizeBytes = 8;

const specialDoubles: readonly (readonly [Uint8Array, number])[] = [
  [Buffer.from('NaN'), Number.NaN],
  [Buffer.from('Infinity'), Number.POSITIVE_INFINITY],
  [Buffer.from('-Infinity'), Number.NEGATIVE_INFINITY],
];

const noDigit = 0xff;
const base64Values = new Uint8Array(256).fill(noDigit);
for (const [value, digit] of base64Digits.entries()) base64Values[digit] = value;
base64Values[0x2d] = 62; // base64url has - for +
base64Values[0x5f] = 63; // and _ for /
