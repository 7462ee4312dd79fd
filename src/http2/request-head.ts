// The header fields of one request, checked as RFC 9113 section 8.2 and 8.3 demand: what is wrong
// makes the request malformed, which is a stream error, and never disturbs the decoder's state.

import {
  headerFieldOverheadSizeBytes,
  headerFieldsMax,
  headerListSizeBytesMax,
} from '../limits.ts';
import type { FieldSink } from './hpack-decoder.ts';

export class RequestHead implements FieldSink {
  method = '';
  path = '';
  #scheme = '';
  #authority: string | undefined;
  #seen = 0;
  /** Regular fields, names and values in turn; those beyond the limits are counted, not kept. */
  readonly #fields: string[] = [];
  fieldCount = 0;
  /** As RFC 9113 section 6.5.2 counts it. */
  listSizeBytes = 0;
  /** Undefined without the field; NaN when it makes no sense. */
  contentLengthBytes: number | undefined;
  #flaw: string | undefined;

  /** Why the request is malformed; undefined when it is not. */
  get malformed(): string | undefined {
    if (this.#flaw !== undefined) return this.#flaw;
    if (this.method === 'CONNECT') {
      return (this.#seen & ~Pseudo.Method & ~Pseudo.Authority) === 0
        ? undefined
        : 'CONNECT with :scheme or :path';
    }
    if ((this.#seen & Pseudo.Required) !== Pseudo.Required) return 'a pseudo-header is missing';
    if (this.path === '') return ':path is empty';
    return this.#scheme === '' ? ':scheme is empty' : undefined;
  }

  get isTooLarge(): boolean {
    return this.listSizeBytes > headerListSizeBytesMax || this.fieldCount > headerFieldsMax;
  }

  /** Repeated fields are joined with ", ". */
  header(name: string): string | undefined {
    if (name === 'host') return this.#find(name) ?? this.#authority;
    return this.#find(name);
  }

  field(name: string, value: string, wellFormed: boolean): void {
    this.fieldCount += 1;
    this.listSizeBytes += name.length + value.length + headerFieldOverheadSizeBytes;
    if (!wellFormed) this.#flaw ??= 'a field name or value has a character that it must not have';
    if (name.charCodeAt(0) === colon) this.#pseudoField(name, value);
    else this.#regularField(name, value);
  }

  #pseudoField(name: string, value: string): void {
    const pseudo = pseudoOf(name);
    if (pseudo === 0) this.#flaw ??= 'a pseudo-header that requests do not have';
    else if ((this.#seen & pseudo) !== 0) this.#flaw ??= 'a pseudo-header twice';
    if (this.#fields.length > 0) this.#flaw ??= 'a pseudo-header after a regular field';
    this.#seen |= pseudo;
    if (pseudo === Pseudo.Method) this.method = value;
    else if (pseudo === Pseudo.Path) this.path = value;
    else if (pseudo === Pseudo.Scheme) this.#scheme = value;
    else this.#authority = value;
  }

  #regularField(name: string, value: string): void {
    switch (name) {
      case 'connection':
      case 'proxy-connection':
      case 'keep-alive':
      case 'transfer-encoding':
      case 'upgrade':
        this.#flaw ??= `${name} has no place in HTTP/2`;
        break;
      case 'te':
        if (value !== 'trailers') this.#flaw ??= 'te other than trailers';
        break;
      case 'content-length':
        this.#contentLength(value);
        break;
    }
    if (!this.isTooLarge) this.#fields.push(name, value);
  }

  #contentLength(value: string): void {
    const lengthBytes = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isNaN(lengthBytes)) this.#flaw ??= 'content-length is no number';
    const { contentLengthBytes = lengthBytes } = this;
    if (contentLengthBytes !== lengthBytes) this.#flaw ??= 'two content-lengths';
    this.contentLengthBytes = lengthBytes;
  }

  #find(name: string): string | undefined {
    const fields = this.#fields;
    let found: string | undefined;
    for (let at = 0; at < fields.length; at += 2) {
      if (fields[at] !== name) continue;
      const value = fields[at + 1]!; // names and values in turn
      found = found === undefined ? value : `${found}, ${value}`;
    }
    return found;
  }
}

/** The fields after a body: nothing of them is used, but they must be well formed. */
export class TrailerCheck implements FieldSink {
  malformed: string | undefined;
  #listSizeBytes = 0;

  field(name: string, value: string, wellFormed: boolean): void {
    this.#listSizeBytes += name.length + value.length + headerFieldOverheadSizeBytes;
    if (!wellFormed) this.malformed ??= 'a trailer has a character that it must not have';
    if (name.charCodeAt(0) === colon) this.malformed ??= 'a pseudo-header among the trailers';
    if (this.#listSizeBytes > headerListSizeBytesMax) this.malformed ??= 'trailers too large';
  }
}

const colon = 0x3a;

/** One bit each. */
const Pseudo = { Method: 1, Scheme: 2, Path: 4, Authority: 8, Required: 7 } as const;

function pseudoOf(name: string): number {
  switch (name) {
    case ':method':
      return Pseudo.Method;
    case ':scheme':
      return Pseudo.Scheme;
    case ':path':
      return Pseudo.Path;
    case ':authority':
      return Pseudo.Authority;
    default:
      return 0;
  }
}
