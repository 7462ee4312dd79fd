// Numbers of JSON text, exact: integers of 64 bits from any spelling that is integral (10, "10",
// 1e1, 10.0), doubles rounded correctly. A JavaScript number could hold neither all of int64 nor
// all of fixed64.

import { minus } from './json-characters.ts';

export class JsonNumber {
  isNegative = false;
  /** The magnitude in halves of 32 bits, after toInteger(). */
  low = 0;
  high = 0;
  #bytes: Uint8Array = nothing;
  #fromBytes = 0;
  #endBytes = 0;
  #digitsFromBytes = 0;
  #digitsEndBytes = 0;
  #integerDigits = 0;
  #exponent = 0;
  // The digits, leading zeros apart, as first * 10^secondDigits + second; each half has up to ten.
  #count = 0;
  #first = 0;
  #second = 0;

  /** Reads one number and returns the offset behind it; -1 if there is none. */
  read(bytes: Uint8Array, fromBytes: number, endBytes: number): number {
    let at = fromBytes;
    this.isNegative = at < endBytes && bytes[at] === minus;
    if (this.isNegative) at += 1;
    const digitsFromBytes = at;
    at = digitsEnd(bytes, at, endBytes);
    const integerDigits = at - digitsFromBytes;
    if (integerDigits === 0) return -1;
    if (integerDigits > 1 && bytes[digitsFromBytes] === zero) return -1;
    if (at < endBytes && bytes[at] === point) {
      const fractionFromBytes = at + 1;
      at = digitsEnd(bytes, fractionFromBytes, endBytes);
      if (at === fractionFromBytes) return -1;
    }
    this.#bytes = bytes;
    this.#fromBytes = fromBytes;
    this.#digitsFromBytes = digitsFromBytes;
    this.#digitsEndBytes = at;
    this.#integerDigits = integerDigits;
    this.#exponent = 0;
    const isExponent = at < endBytes && (bytes[at]! | 0x20) === letterE; // inside: checked
    if (isExponent) at = this.#readExponent(at + 1, endBytes);
    this.#endBytes = at;
    return at;
  }

  #readExponent(fromBytes: number, endBytes: number): number {
    const bytes = this.#bytes;
    const sign = fromBytes < endBytes ? bytes[fromBytes] : 0;
    const digitsFromBytes = sign === minus || sign === plus ? fromBytes + 1 : fromBytes;
    const exponentEndBytes = digitsEnd(bytes, digitsFromBytes, endBytes);
    if (exponentEndBytes === digitsFromBytes) return -1;
    let exponent = 0;
    for (let at = digitsFromBytes; at < exponentEndBytes; at += 1) {
      exponent = Math.min(exponent * 10 + bytes[at]! - zero, exponentMax); // inside: just measured
    }
    this.#exponent = sign === minus ? -exponent : exponent;
    return exponentEndBytes;
  }

  /** False: what was read is no integer, or its magnitude takes more than 64 bits. */
  toInteger(): boolean {
    const bytes = this.#bytes;
    const pointDigits = this.#integerDigits + this.#exponent;
    this.#clearDigits();
    let seenDigits = 0;
    for (let at = this.#digitsFromBytes; at < this.#digitsEndBytes; at += 1) {
      const byte = bytes[at]!; // inside: read() has been there
      if (byte === point) continue;
      seenDigits += 1;
      if (seenDigits <= pointDigits) this.#digit(byte - zero);
      else if (byte !== zero) return false;
    }
    if (this.#count > 0) {
      const missingDigits = Math.min(pointDigits - seenDigits, digitsMax);
      for (let index = 0; index < missingDigits; index += 1) this.#digit(0);
    }
    if (this.#count > digitsMax) return false;
    this.#combine();
    return this.high < twoTo32;
  }

  /** first * power + second in halves, exact: every product below is under 2^53. */
  #combine(): void {
    if (this.#count <= halfDigits) {
      this.high = Math.floor(this.#first / twoTo32);
      this.low = this.#first % twoTo32;
      return;
    }
    const power = powersOfTen[this.#count - halfDigits]!; // 1 to 10
    const upper = Math.floor(this.#first / twoTo17);
    const lower = this.#first % twoTo17;
    const upperProduct = upper * power; // counts 2^17
    const rest = lower * power + this.#second + (upperProduct % twoTo15) * twoTo17;
    this.high = Math.floor(upperProduct / twoTo15) + Math.floor(rest / twoTo32);
    this.low = rest % twoTo32;
  }

  /** The nearest double; infinite when the magnitude is beyond all doubles. */
  toDouble(): number {
    const bytes = this.#bytes;
    this.#clearDigits();
    for (let at = this.#digitsFromBytes; at < this.#digitsEndBytes; at += 1) {
      const byte = bytes[at]!; // inside: read() has been there
      if (byte !== point) this.#digit(byte - zero);
    }
    const digits = this.#digitsEndBytes - this.#digitsFromBytes;
    const fractionDigits = Math.max(digits - this.#integerDigits - 1, 0);
    const exponent = this.#exponent - fractionDigits;
    // Up to 15 digits and powers up to 10^22 are exact doubles, so that one operation on both is
    // rounded once (Clinger 1990). Other numbers are made a string, which is shared by nobody.
    if (this.#count <= exactDigitsMax && Math.abs(exponent) <= exactPowerMax) {
      const secondDigits = Math.max(this.#count - halfDigits, 0);
      const mantissa = this.#first * powersOfTen[secondDigits]! + this.#second; // 0 to 5
      const power = powersOfTen[Math.abs(exponent)]!; // 0 to 22
      const magnitude = exponent < 0 ? mantissa / power : mantissa * power;
      return this.isNegative ? -magnitude : magnitude;
    }
    const { buffer, byteOffset } = bytes;
    const text = Buffer.from(
      buffer,
      byteOffset + this.#fromBytes,
      this.#endBytes - this.#fromBytes,
    );
    return Number(text.toString('latin1'));
  }

  #clearDigits(): void {
    this.#count = 0;
    this.#first = 0;
    this.#second = 0;
  }

  /** Counts beyond digitsMax, but keeps no such digit. */
  #digit(digit: number): void {
    if (this.#count === 0 && digit === 0) return;
    if (this.#count < halfDigits) this.#first = this.#first * 10 + digit;
    else if (this.#count < digitsMax) this.#second = this.#second * 10 + digit;
    this.#count += 1;
  }
}

function digitsEnd(bytes: Uint8Array, fromBytes: number, endBytes: number): number {
  let at = fromBytes;
  while (at < endBytes && bytes[at]! >= zero && bytes[at]! <= nine) at += 1; // inside: checked
  return at;
}

const nothing = new Uint8Array(0);
const zero = 0x30;
const nine = 0x39;
const point = 0x2e;
const plus = 0x2b;
const letterE = 0x65;

/** 2^64 has 20 digits. */
const digitsMax = 20;
const halfDigits = 10;
const exactDigitsMax = 15;
const exactPowerMax = 22;
const powersOfTen = Array.from({ length: exactPowerMax + 1 }, (_, power) => Number(`1e${power}`));

/** Larger than any count of digits in a message, so that a larger exponent changes nothing. */
const exponentMax = 2 ** 30;
const twoTo15 = 2 ** 15;
const twoTo17 = 2 ** 17;
const twoTo32 = 2 ** 32;
