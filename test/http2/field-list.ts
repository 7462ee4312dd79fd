// A FieldSink that keeps what it is given.

import type { FieldSink } from '../../src/http2/hpack-decoder.ts';

export type DecodedField = readonly [name: string, value: string, wellFormed: boolean];

export class FieldList implements FieldSink {
  readonly fields: DecodedField[] = [];

  field(name: string, value: string, wellFormed: boolean): void {
    this.fields.push([name, value, wellFormed]);
  }

  /** Names and values only. */
  get pairs(): [name: string, value: string][] {
    return this.fields.map(([name, value]) => [name, value]);
  }
}
