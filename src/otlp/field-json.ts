// Writes indexed fields as members of a JSON object, one method per kind of field. Each leaves out
// what is absent and what has proto3's default value.

import { AnyValueJson } from './any-value-json.ts';
import { bytesTag, type FieldIndex } from './field-index.ts';
import type { JsonText } from './json-text.ts';
import { WireReader } from './protobuf-wire.ts';

export class FieldJson {
  readonly text: JsonText;
  readonly values: AnyValueJson;
  readonly #listReader = new WireReader(new Uint8Array(0));
  readonly #scalar = new WireReader(new Uint8Array(0));

  constructor(text: JsonText) {
    this.text = text;
    this.values = new AnyValueJson(text);
  }

  attributes(src: Uint8Array, index: FieldIndex, field: number): void {
    if (!index.has(field)) return;
    const { text } = this;
    const reader = this.#listReader;
    text.member(attributesName);
    text.byte(openBracket);
    reader.moveTo(src, index.from(field), index.to(field));
    while (!reader.atEnd) {
      const lengthBytes = nextElement(reader, bytesTag(field));
      if (lengthBytes < 0) continue;
      text.separator();
      this.values.keyValue(src, reader.offsetBytes, reader.offsetBytes + lengthBytes);
      reader.offsetBytes += lengthBytes;
    }
    text.byte(closeBracket);
  }

  strings(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (!index.has(field)) return;
    const { text } = this;
    const reader = this.#listReader;
    text.member(member);
    text.byte(openBracket);
    reader.moveTo(src, index.from(field), index.to(field));
    while (!reader.atEnd) {
      const lengthBytes = nextElement(reader, bytesTag(field));
      if (lengthBytes < 0) continue;
      text.separator();
      text.string(src, reader.offsetBytes, reader.offsetBytes + lengthBytes);
      reader.offsetBytes += lengthBytes;
    }
    text.byte(closeBracket);
  }

  string(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (index.to(field) === index.from(field)) return; // absent or empty
    this.text.member(member);
    this.text.string(src, index.from(field), index.to(field));
  }

  hex(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (index.to(field) === index.from(field)) return; // absent or empty
    this.text.member(member);
    this.text.byte(quote);
    this.text.hex(src, index.from(field), index.to(field));
    this.text.byte(quote);
  }

  nanos(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (!index.has(field)) return;
    const scalar = this.#scalar;
    scalar.moveTo(src, index.from(field), index.to(field));
    scalar.fixed64();
    if (scalar.low === 0 && scalar.high === 0) return;
    this.text.member(member);
    this.text.byte(quote);
    this.text.uint64(scalar.low, scalar.high);
    this.text.byte(quote);
  }

  uint32(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (!index.has(field)) return;
    this.#scalar.moveTo(src, index.from(field), index.to(field));
    this.#number(this.#scalar.varint32(), member);
  }

  int32(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (!index.has(field)) return;
    this.#scalar.moveTo(src, index.from(field), index.to(field));
    const value = this.#scalar.varint32() | 0;
    if (value === 0) return;
    this.text.member(member);
    this.text.int32(value);
  }

  fixed32(src: Uint8Array, index: FieldIndex, field: number, member: Uint8Array): void {
    if (!index.has(field)) return;
    this.#scalar.moveTo(src, index.from(field), index.to(field));
    this.#number(this.#scalar.fixed32(), member);
  }

  #number(value: number, member: Uint8Array): void {
    if (value === 0) return;
    this.text.member(member);
    this.text.uint32(value);
  }
}

/** The start of a member, for JsonText.member(). */
export function memberName(text: string): Uint8Array {
  return Buffer.from(`"${text}":`);
}

/**
 * Steps to the next field: the length of an element, or -1 when it was another field, which is
 * skipped.
 */
export function nextElement(reader: WireReader, elementTag: number): number {
  const tag = reader.tag();
  if (tag === elementTag) return reader.length();
  reader.skip(tag);
  return -1;
}

const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const attributesName = memberName('attributes');
