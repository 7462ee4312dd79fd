// Valid ExportLogsServiceRequests as wire bytes, written without a protobuf library so that they
// can have everything that is legal and that no library writes: padded varints, fields out of order
// or repeated, several resources in one ResourceLogs, unknown fields and groups, messages missing
// or empty.

import fc from 'fast-check';
import { SeededRandom } from './seeded-random.ts';
import { text, varint } from './wire-bytes.ts';

/** Keys of the attributes below, so that tests of attribute operations meet them. */
export const sampleKeys = [
  'service.name',
  'host.name',
  'k8s.pod.name',
  'a',
  '',
  'schlüssel',
  'service.namf',
  `medium.${'x'.repeat(40)}`,
  `long.${'x'.repeat(130)}`,
] as const;

/**
 * One odd but valid request for each seed; shrinks towards small seeds, not towards small requests.
 */
export const requestBytes: fc.Arbitrary<Uint8Array> = fc
  .nat()
  .map((seed) => new OtlpSampler(seed).request());

/** A field, tag included, or the fields of a message. */
type Bytes = number[];

const sampleTexts = [
  ...[
    '',
    'a',
    'INFO',
    'GET /index.html',
    'ein Wörtchen',
    '漢字かな',
    '🚀🛰',
    '\u0000\u007f\u0080\u07ff',
  ],
  ...[
    '\u0800\uffff\ufeff',
    '\u{10000}\u{10ffff}',
    '\ud7ff\ue000',
    'exactly 16 bytes',
    `${'log '.repeat(9)}é`,
  ],
].map((value) => [...text(value)]);
const sampleKeyBytes = sampleKeys.map((key) => [...text(key)]);

export class OtlpSampler {
  readonly #random: SeededRandom;
  /** What is left for this request: small, so that a million of them are decoded in a minute. */
  #fieldsLeft = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  request(): Uint8Array {
    this.#fieldsLeft = 2 + this.#random.below(28);
    const fields = this.#many(3, () => this.#message(1, this.#resourceLogs()));
    if (!this.#random.oneIn(30)) fields.push(this.#message(1, this.#resourceLogs()));
    return Uint8Array.from(this.#mixed(fields));
  }

  #resourceLogs(): Bytes {
    // Mostly one resource; none, an empty one and several are legal too.
    const resourceCount = this.#random.pick([0, 1, 1, 1, 1, 1, 2, 3]);
    const fields: Bytes[] = [];
    for (let n = 0; n < resourceCount; n++) fields.push(this.#message(1, this.#resource()));
    fields.push(...this.#many(3, () => this.#message(2, this.#scopeLogs())));
    fields.push(...this.#few(() => this.#string(3)));
    return this.#mixed(fields);
  }

  #resource(): Bytes {
    const fields = this.#many(4, () => this.#message(1, this.#keyValue(0)));
    fields.push(...this.#few(() => this.#number(2)));
    fields.push(...this.#few(() => this.#message(3, this.#entityRef())));
    return this.#mixed(fields);
  }

  #entityRef(): Bytes {
    const fields = [1, 2, 3, 3, 4].flatMap((field) => this.#few(() => this.#string(field)));
    return this.#mixed(fields);
  }

  #scopeLogs(): Bytes {
    const fields = this.#few(() => this.#message(1, this.#scope()));
    fields.push(...this.#many(4, () => this.#message(2, this.#record())));
    fields.push(...this.#few(() => this.#string(3)));
    return this.#mixed(fields);
  }

  #scope(): Bytes {
    const fields = [1, 2].flatMap((field) => this.#few(() => this.#string(field)));
    fields.push(...this.#many(2, () => this.#message(3, this.#keyValue(0))));
    fields.push(...this.#few(() => this.#number(4)));
    return this.#mixed(fields);
  }

  #record(): Bytes {
    const fields = [1, 11].flatMap((field) => this.#few(() => this.#fixed(field, 8)));
    fields.push(...[2, 7].flatMap((field) => this.#few(() => this.#number(field))));
    fields.push(...[3, 12].flatMap((field) => this.#few(() => this.#string(field))));
    fields.push(...this.#few(() => this.#message(5, this.#anyValue(0))));
    fields.push(...this.#many(3, () => this.#message(6, this.#keyValue(0))));
    fields.push(...this.#few(() => this.#fixed(8, 4)));
    fields.push(...[9, 10].flatMap((field) => this.#few(() => this.#blob(field))));
    return this.#mixed(fields);
  }

  #keyValue(depth: number): Bytes {
    const fields: Bytes[] = [];
    const keyCount = this.#random.pick([1, 1, 1, 1, 1, 1, 1, 0, 2]);
    for (let n = 0; n < keyCount; n++)
      fields.push(this.#delimited(1, this.#random.pick(sampleKeyBytes)));
    if (!this.#random.oneIn(8)) fields.push(this.#message(2, this.#anyValue(depth)));
    if (this.#random.oneIn(16)) fields.push(this.#number(3));
    return this.#random.oneIn(4) ? this.#mixed(fields) : joined(fields);
  }

  #anyValue(depth: number): Bytes {
    this.#fieldsLeft--;
    const kindCount = depth > 6 || this.#fieldsLeft < 0 ? 7 : 9;
    switch (this.#random.below(kindCount)) {
      case 0:
        return [];
      case 1:
      case 2:
        return this.#string(1);
      case 3:
        return this.#number(2);
      case 4:
        return this.#number(3);
      case 5:
        return this.#fixed(4, 8);
      case 6:
        return this.#random.oneIn(2) ? this.#blob(7) : this.#number(8);
      case 7:
        return this.#message(
          5,
          this.#mixed(this.#many(3, () => this.#message(1, this.#anyValue(depth + 1)))),
        );
      default:
        return this.#message(
          6,
          this.#mixed(this.#many(3, () => this.#message(1, this.#keyValue(depth + 1)))),
        );
    }
  }

  /** Fields one after the other; sometimes in another order, with unknown ones between. */
  #mixed(fields: Bytes[]): Bytes {
    if (this.#random.oneIn(4)) {
      for (let last = fields.length - 1; last > 0; last--) {
        const other = this.#random.below(last + 1);
        const swapped = fields[last]!; // inside: last and other are indexes of fields
        fields[last] = fields[other]!;
        fields[other] = swapped;
      }
    }
    if (this.#random.oneIn(8)) {
      fields.splice(this.#random.below(fields.length + 1), 0, this.#unknown(0));
    }
    return joined(fields);
  }

  /** None to `max` fields, fewer the larger the request is already. */
  #many(max: number, field: () => Bytes): Bytes[] {
    const fields: Bytes[] = [];
    for (let n = this.#random.below(max + 1); n > 0 && this.#fieldsLeft > 0; n--) {
      this.#fieldsLeft--;
      fields.push(field());
    }
    return fields;
  }

  /** A field that appears once at most in what libraries write: none, one, seldom two. */
  #few(field: () => Bytes): Bytes[] {
    if (this.#random.oneIn(2)) return [];
    return this.#random.oneIn(12) ? [field(), field()] : [field()];
  }

  #unknown(depth: number): Bytes {
    const field = this.#random.pick([13, 15, 16, 99, 1000, 100_000, 2 ** 29 - 1]);
    switch (this.#random.below(depth > 3 ? 4 : 5)) {
      case 0:
        return [...this.#tag(field, 0), ...this.#varint()];
      case 1:
        return this.#fixed(field, 8);
      case 2:
        return this.#fixed(field, 4);
      case 3:
        return this.#blob(field);
      default: {
        const inside = this.#random.below(3);
        const fields: Bytes[] = [];
        for (let n = 0; n < inside; n++) fields.push(this.#unknown(depth + 1));
        return [...this.#tag(field, 3), ...joined(fields), ...this.#tag(field, 4)];
      }
    }
  }

  #message(field: number, content: Bytes): Bytes {
    return this.#delimited(field, content);
  }

  #string(field: number): Bytes {
    return this.#delimited(field, this.#random.pick(sampleTexts));
  }

  #blob(field: number): Bytes {
    const content: Bytes = [];
    for (let n = this.#random.pick([0, 1, 8, 16, 33]); n > 0; n--)
      content.push(this.#random.next() & 0xff);
    return this.#delimited(field, content);
  }

  #number(field: number): Bytes {
    return [...this.#tag(field, 0), ...this.#varint()];
  }

  #fixed(field: number, sizeBytes: 4 | 8): Bytes {
    const bytes = this.#tag(field, sizeBytes === 8 ? 1 : 5);
    for (let n = 0; n < sizeBytes; n++) bytes.push(this.#random.next() & 0xff);
    return bytes;
  }

  #delimited(field: number, content: Bytes): Bytes {
    return [
      ...this.#tag(field, 2),
      ...this.#padded(varint(BigInt(content.length)), 10),
      ...content,
    ];
  }

  #tag(field: number, wireType: number): Bytes {
    const tag = field < 16 ? [field * 8 + wireType] : varint(BigInt(field) * 8n + BigInt(wireType));
    return this.#padded(tag, 5);
  }

  #varint(): Bytes {
    const value = this.#random.pick([0n, 1n, 127n, 128n, 300n, -1n, 2n ** 31n, 2n ** 63n]);
    return this.#padded(varint(value), 10);
  }

  /** Sometimes longer than needed: legal up to ten bytes, five for a tag. */
  #padded(bytes: Bytes, sizeBytesMax: number): Bytes {
    if (!this.#random.oneIn(32)) return bytes;
    const sizeBytes = bytes.length + this.#random.below(sizeBytesMax - bytes.length + 1);
    while (bytes.length < sizeBytes) {
      bytes[bytes.length - 1]! |= 0x80; // not empty: a varint has a byte
      bytes.push(0);
    }
    return bytes;
  }
}

/** Five times as fast as flat(), and this is where the time goes. */
function joined(parts: readonly Bytes[]): Bytes {
  const bytes: Bytes = [];
  for (const part of parts) for (const byte of part) bytes.push(byte);
  return bytes;
}
