// AnyValue and KeyValue as JSON. Values nest, and a hostile message nests deep: the walk keeps its
// own stack of open lists, so that depth costs neither call stack nor allocation.

import { GopherShipError } from '../errors.ts';
import { messageDepthMax } from '../limits.ts';
import { bytesTag, FieldIndex, FieldKind, FieldShape, mergeMessages } from './field-index.ts';
import type { JsonText } from './json-text.ts';
import { LogsField } from './logs-fields.ts';
import { tagOf, WireReader, WireType } from './protobuf-wire.ts';

const OpenList = { Array: 1, KeyValues: 2 } as const;

export class AnyValueJson {
  readonly #text: JsonText;
  readonly #reader = new WireReader(new Uint8Array(0));
  readonly #scalar = new WireReader(new Uint8Array(0));
  readonly #keyValueIndex = new FieldIndex(keyValueShape);
  // The open lists, innermost last: where the next element starts, where the list ends, what it
  // holds.
  readonly #sources: Uint8Array[] = Array.from({ length: messageDepthMax }, () => nothing);
  readonly #next = new Int32Array(messageDepthMax);
  readonly #end = new Int32Array(messageDepthMax);
  readonly #kind = new Uint8Array(messageDepthMax);
  #depth = 0;

  constructor(text: JsonText) {
    this.#text = text;
  }

  /** The AnyValue in [fromBytes, toBytes) of `src`. */
  value(src: Uint8Array, fromBytes: number, toBytes: number): void {
    this.#depth = 0;
    this.#value(src, fromBytes, toBytes);
    while (this.#depth > 0) this.#step();
  }

  /** The KeyValue in [fromBytes, toBytes) of `src`. */
  keyValue(src: Uint8Array, fromBytes: number, toBytes: number): void {
    this.#depth = 0;
    this.#keyValue(src, fromBytes, toBytes);
    while (this.#depth > 0) this.#step();
    this.#text.byte(closeBrace);
  }

  /** The next element of the innermost list, or the end of that list. */
  #step(): void {
    const text = this.#text;
    const top = this.#depth - 1;
    const src = this.#sources[top]!; // top < depth <= messageDepthMax
    const kind = this.#kind[top]!; // as above
    const reader = this.#reader;
    reader.moveTo(src, this.#next[top]!, this.#end[top]!); // as above
    while (!reader.atEnd) {
      const tag = reader.tag();
      if (tag !== elementTag) {
        reader.skip(tag);
        continue;
      }
      const lengthBytes = reader.length();
      const fromBytes = reader.offsetBytes;
      this.#next[top] = fromBytes + lengthBytes;
      if (text.endsWith(openBrace)) text.raw(valuesOpening);
      else text.byte(comma);
      if (kind === OpenList.Array) this.#value(src, fromBytes, fromBytes + lengthBytes);
      else this.#keyValue(src, fromBytes, fromBytes + lengthBytes);
      return;
    }
    // Nothing was written since the list's brace when it is empty; then it has no "values".
    text.raw(text.endsWith(openBrace) ? emptyListClosing : listClosing);
    this.#sources[top] = nothing;
    this.#depth = top;
    this.#closeElement();
  }

  /** An element of a list of key-values is open until its value is written. */
  #closeElement(): void {
    if (this.#depth > 0 && this.#kind[this.#depth - 1] === OpenList.KeyValues) {
      this.#text.byte(closeBrace);
    }
  }

  /** Writes all but the closing brace, which comes after a value that may be a list. */
  #keyValue(given: Uint8Array, fromBytes: number, toBytes: number): void {
    const text = this.#text;
    const field = LogsField.KeyValue;
    const index = this.#keyValueIndex;
    const src = index.read(given, fromBytes, toBytes);
    text.byte(openBrace);
    if (index.from(field.key) !== index.to(field.key)) {
      text.member(keyName);
      text.string(src, index.from(field.key), index.to(field.key));
    }
    if (index.has(field.key_strindex)) {
      this.#scalar.moveTo(src, index.from(field.key_strindex), index.to(field.key_strindex));
      const strindex = this.#scalar.varint32() | 0;
      if (strindex !== 0) {
        text.member(keyStrindexName);
        text.int32(strindex);
      }
    }
    if (index.has(field.value)) {
      text.member(valueName);
      this.#value(src, index.from(field.value), index.to(field.value));
    } else {
      this.#closeElement();
    }
  }

  /**
   * A scalar is written whole; a list is opened and left to #step(). The last member of the oneof
   * wins.
   */
  #value(given: Uint8Array, fromBytes: number, toBytes: number): void {
    const reader = this.#reader;
    let src = given;
    let from = 0;
    let to = 0;
    let chosen = 0;
    reader.moveTo(src, fromBytes, toBytes);
    while (!reader.atEnd) {
      const tag = reader.tag();
      if (!isValueTag(tag)) {
        reader.skip(tag);
        continue;
      }
      if (tag === chosen && (tag === arrayTag || tag === kvlistTag)) {
        src = mergeMessages(given, fromBytes, toBytes, anyValueShape);
        reader.moveTo(src, 0, src.length);
        chosen = 0;
        continue;
      }
      chosen = tag;
      const isBytes = (tag & 7) === WireType.Bytes;
      const lengthBytes = isBytes ? reader.length() : 0;
      from = reader.offsetBytes;
      if (isBytes) reader.offsetBytes += lengthBytes;
      else reader.skip(tag);
      to = reader.offsetBytes;
    }
    this.#text.byte(openBrace);
    if (chosen === arrayTag) this.#openList(OpenList.Array, src, from, to);
    else if (chosen === kvlistTag) this.#openList(OpenList.KeyValues, src, from, to);
    else {
      this.#scalarMember(chosen, src, from, to);
      this.#text.byte(closeBrace);
      this.#closeElement();
    }
  }

  #openList(kind: number, src: Uint8Array, from: number, to: number): void {
    const top = this.#depth;
    if (top >= messageDepthMax) {
      throw new GopherShipError('OTLP_MALFORMED', `values nested deeper than ${messageDepthMax}`);
    }
    this.#text.raw(kind === OpenList.Array ? arrayOpening : kvlistOpening);
    this.#sources[top] = src;
    this.#next[top] = from;
    this.#end[top] = to;
    this.#kind[top] = kind;
    this.#depth = top + 1;
  }

  #scalarMember(tag: number, src: Uint8Array, from: number, to: number): void {
    const text = this.#text;
    const scalar = this.#scalar;
    scalar.moveTo(src, from, to);
    switch (tag) {
      case stringTag:
        text.raw(stringName);
        text.string(src, from, to);
        break;
      case boolTag:
        scalar.varint();
        text.raw(scalar.low === 0 && scalar.high === 0 ? falseMember : trueMember);
        break;
      case intTag:
        scalar.varint();
        text.raw(intOpening);
        text.int64(scalar.low, scalar.high);
        text.byte(quote);
        break;
      case doubleTag:
        scalar.fixed64();
        text.raw(doubleName);
        text.double(scalar.low, scalar.high);
        break;
      case bytesValueTag:
        text.raw(bytesOpening);
        text.base64(src, from, to);
        text.byte(quote);
        break;
      case strindexTag:
        text.raw(strindexName);
        text.int32(scalar.varint32() | 0);
        break;
      default: // no member that we know: an empty object
    }
  }
}

const nothing = new Uint8Array(0);
const openBrace = 0x7b;
const closeBrace = 0x7d;
const comma = 0x2c;
const quote = 0x22;

const field = LogsField.AnyValue;
const stringTag = bytesTag(field.string_value);
const boolTag = tagOf(field.bool_value, WireType.Varint);
const intTag = tagOf(field.int_value, WireType.Varint);
const doubleTag = tagOf(field.double_value, WireType.Fixed64);
const arrayTag = bytesTag(field.array_value);
const kvlistTag = bytesTag(field.kvlist_value);
const bytesValueTag = bytesTag(field.bytes_value);
const strindexTag = tagOf(field.string_value_strindex, WireType.Varint);
/** ArrayValue.values and KeyValueList.values have the same number. */
const elementTag = bytesTag(LogsField.ArrayValue.values);

const anyValueShape = new FieldShape([
  [field.array_value, FieldKind.Message],
  [field.kvlist_value, FieldKind.Message],
]);
const keyValueShape = new FieldShape([
  [LogsField.KeyValue.key, FieldKind.Bytes],
  [LogsField.KeyValue.value, FieldKind.Message],
  [LogsField.KeyValue.key_strindex, FieldKind.Varint],
]);

const keyName = Buffer.from('"key":');
const keyStrindexName = Buffer.from('"keyStrindex":');
const valueName = Buffer.from('"value":');
const stringName = Buffer.from('"stringValue":');
const doubleName = Buffer.from('"doubleValue":');
const strindexName = Buffer.from('"stringValueStrindex":');
const intOpening = Buffer.from('"intValue":"');
const bytesOpening = Buffer.from('"bytesValue":"');
const trueMember = Buffer.from('"boolValue":true');
const falseMember = Buffer.from('"boolValue":false');
const arrayOpening = Buffer.from('"arrayValue":{');
const kvlistOpening = Buffer.from('"kvlistValue":{');
const valuesOpening = Buffer.from('"values":[');
const listClosing = Buffer.from(']}}');
const emptyListClosing = Buffer.from('}}');

function isValueTag(tag: number): boolean {
  switch (tag) {
    case stringTag:
    case boolTag:
    case intTag:
    case doubleTag:
    case arrayTag:
    case kvlistTag:
    case bytesValueTag:
    case strindexTag:
      return true;
    default:
      return false;
  }
}
