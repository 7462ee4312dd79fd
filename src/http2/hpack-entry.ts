// One field of the static or a dynamic table. What has to be known of a field is found out once,
// when it enters the table; a reference to it is then only a look-up.

import { headerFieldOverheadSizeBytes } from '../limits.ts';

export class HpackEntry {
  readonly name: string;
  readonly value: string;
  readonly nameWellFormed: boolean;
  /** Name and value are what field-syntax.ts asks for. */
  readonly wellFormed: boolean;
  /** RFC 7541 section 4.1. Strings have one character a byte. */
  readonly sizeBytes: number;

  constructor(name: string, value: string, nameWellFormed: boolean, wellFormed: boolean) {
    this.name = name;
    this.value = value;
    this.nameWellFormed = nameWellFormed;
    this.wellFormed = wellFormed;
    this.sizeBytes = name.length + value.length + headerFieldOverheadSizeBytes;
  }
}
