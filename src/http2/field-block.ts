// Header fields or trailers of an answer, in the forms that the transports write. Fields that never
// change are made once and used for every answer.

import { encodeFields } from './hpack-encoder.ts';

export type HeaderFields = readonly (readonly [name: string, value: string])[];

export class FieldBlock {
  /** Names in lower case, `:status` first where there is one. */
  readonly fields: HeaderFields;
  /** The same as HPACK, good for every connection. */
  readonly encoded: Uint8Array;

  constructor(fields: HeaderFields) {
    this.fields = fields;
    this.encoded = encodeFields(fields);
  }
}
