// OTLP/JSON to protobuf, in place: the text of one ExportLogsServiceRequest becomes its protobuf in
// the same bytes. A streaming reader without object tree, recursion or allocation per record: 16
// MiB of tiny records as objects take more memory than the whole process may have.
//
// A member's last occurrence wins, null takes a member back, a oneof keeps the member that comes
// last; unknown members are stepped over. Why the output never overtakes the text: json-output.ts.

import { assert } from '../assert.ts';
import { messageDepthMax, messageSizeBytesLimit } from '../limits.ts';
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
} from './json-characters.ts';
import { JsonCursor } from './json-cursor.ts';
import { findField, type JsonField, MessageKind, ValueKind } from './json-field-table.ts';
import { JsonOutput } from './json-output.ts';
import { JsonScalars } from './json-scalars.ts';
import { ValueSkip } from './json-skip.ts';
import { OpenMessages } from './open-messages.ts';

/**
 * Turns the JSON in [offsetBytes, offsetBytes + lengthBytes) into protobuf that starts at
 * `offsetBytes`, and returns its length. Throws OTLP_MALFORMED; the bytes are then worthless.
 */
export function transcodeLogsJson(
  bytes: Uint8Array,
  offsetBytes: number,
  lengthBytes: number,
): number {
  assert(offsetBytes >= 0 && lengthBytes >= 0, 'range is not a place in the bytes');
  assert(offsetBytes + lengthBytes <= bytes.length, 'range ends outside the bytes');
  assert(lengthBytes <= messageSizeBytesLimit, 'text longer than any message may be');
  // A view of just the text keeps every position small, and every write inside.
  return new Transcoder(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)).request();
}

/** What comes next in the text. */
const Next = {
  /** The first member, or the end, of a message just opened. */
  FirstMember: 0,
  Member: 1,
  /** An element of the innermost message's list. */
  Element: 2,
  /** A comma or an end behind a value. */
  Behind: 3,
} as const;
type Next = (typeof Next)[keyof typeof Next];

class Transcoder {
  readonly #cursor: JsonCursor;
  readonly #output: JsonOutput;
  readonly #scalars: JsonScalars;
  readonly #skip: ValueSkip;
  readonly #open = new OpenMessages();

  constructor(text: Uint8Array) {
    this.#cursor = new JsonCursor(text, this.#open);
    this.#output = new JsonOutput(this.#cursor);
    this.#scalars = new JsonScalars(this.#cursor, this.#output);
    this.#skip = new ValueSkip(this.#cursor);
  }

  request(): number {
    const cursor = this.#cursor;
    cursor.expect(openBrace, 'an object');
    this.#open.push(MessageKind.Request, 0);
    let next: Next = Next.FirstMember;
    while (this.#open.depth > 0) next = this.#step(next);
    if (cursor.peek() >= 0) throw cursor.unexpected('the end of the text');
    return this.#output.offsetBytes;
  }

  #step(next: Next): Next {
    switch (next) {
      case Next.FirstMember:
        return this.#cursor.take(closeBrace) ? this.#closeMessage() : this.#member();
      case Next.Member:
        return this.#member();
      case Next.Element:
        return this.#value(this.#open.field, 'an element');
      default:
        return this.#open.inList ? this.#behindElement() : this.#behindMember();
    }
  }

  #behindElement(): Next {
    if (this.#cursor.take(comma)) {
      this.#open.nextElement();
      return Next.Element;
    }
    this.#cursor.expect(closeBracket, 'a comma or the end of the list');
    return this.#closeList();
  }

  #closeList(): Next {
    this.#open.closeList();
    this.#open.endAt(this.#output.offsetBytes);
    return Next.Behind;
  }

  #behindMember(): Next {
    if (this.#cursor.take(comma)) return Next.Member;
    this.#cursor.expect(closeBrace, 'a comma or the end of the object');
    return this.#closeMessage();
  }

  #closeMessage(): Next {
    const open = this.#open;
    // The request itself has neither tag nor length.
    if (open.depth > 1) this.#output.close(open.contentBytes);
    open.pop();
    if (open.depth > 0 && !open.inList) open.endAt(this.#output.offsetBytes);
    return Next.Behind;
  }

  #member(): Next {
    const open = this.#open;
    const cursor = this.#cursor;
    const scalars = this.#scalars;
    open.setField(undefined);
    scalars.text('a name in quotes');
    const { textFromBytes, textToBytes } = scalars;
    const field = findField(open.kind, cursor.bytes, textFromBytes, textToBytes);
    cursor.expect(colon, 'a colon');
    if (field === undefined) {
      this.#skip.skip(this.#output.offsetBytes);
      return Next.Behind;
    }
    open.setField(field);
    const isNull = cursor.takeNull();
    this.#takeBack(field, isNull);
    if (isNull) return Next.Behind;
    open.startAt(this.#output.offsetBytes);
    if (!field.repeated) return this.#value(field, 'an object');
    cursor.expect(openBracket, 'a list');
    open.openList();
    return cursor.take(closeBracket) ? this.#closeList() : Next.Element;
  }

  #value(field: JsonField, what: string): Next {
    const open = this.#open;
    if (field.kind === ValueKind.Message) {
      this.#cursor.expect(openBrace, what);
      const contentBytes = this.#output.open(field.tag);
      if (open.push(field.message, contentBytes)) return Next.FirstMember;
      throw this.#cursor.fault(`more than ${messageDepthMax} messages in each other`);
    }
    this.#scalars.field(field);
    if (!open.inList) open.endAt(this.#output.offsetBytes);
    return Next.Behind;
  }

  /** Removes what this occurrence of a field replaces, and notes that it has been seen. */
  #takeBack(field: JsonField, isNull: boolean): void {
    const open = this.#open;
    const { seen } = open;
    const bit = 1 << field.number;
    if (field.inOneof) {
      // The message has one member at most, so all that it has goes. Null is no member: it takes
      // back its own field only.
      if (isNull && seen !== bit) return;
      this.#output.offsetBytes = open.contentBytes;
      open.setSeen(isNull ? 0 : bit);
      return;
    }
    if ((seen & bit) !== 0) {
      const fromBytes = open.from(field.number);
      const toBytes = open.to(field.number);
      this.#output.remove(fromBytes, toBytes);
      open.moveRanges(toBytes, toBytes - fromBytes);
    }
    open.setSeen(isNull ? seen & ~bit : seen | bit);
  }
}
