// Protobuf primitives for both programs: what is rare enough to be a call. Positions are addresses;
// every function gets the first address it may not read and compares by subtraction, so that
// nothing wraps. Results that do not fit one return value are WebAssembly globals, which each
// thread's instance has for itself.

import {
  BAD_GROUP,
  BAD_TAG,
  BAD_VARINT,
  OK,
  TOO_DEEP,
  TRUNCATED,
  VARINT_OVERFLOW,
} from './status';

/** Position after what was read last. Not changed by a failure. */
export let next: u32 = 0;
/** OK, or why the last read failed. */
export let failure: i32 = OK;
/** First leniency met, and where; OK when there was none. */
export let loose: i32 = OK;
export let looseAt: u32 = 0;

export function resetWire(): void {
  failure = OK;
  loose = OK;
  looseAt = 0;
}

export function noteLoose(status: i32, at: u32): void {
  if (loose != OK) return;
  loose = status;
  looseAt = at;
}

function fail(status: i32): u32 {
  failure = status;
  return 0;
}

/**
 * A tag is a varint of at most five bytes and 32 bits, with a field number and a wire type that
 * exist.
 */
export function readTag(pos: u32, limit: u32): u32 {
  let tag: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    if (pos == limit) return fail(TRUNCATED);
    const byte: u32 = load<u8>(pos++);
    tag |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (shift == 28 && byte > 0x0f) return fail(BAD_TAG);
      if (tag >>> 3 == 0 || (tag & 7) > 5) return fail(BAD_TAG);
      next = pos;
      return tag;
    }
  }
  return fail(BAD_TAG);
}

/** Low 32 bits of a varint of at most ten bytes. A length that needs more than 32 bits is loose. */
export function readLength(pos: u32, limit: u32): u32 {
  const start = pos;
  let value: u64 = 0;
  for (let shift: u32 = 0; shift < 70; shift += 7) {
    if (pos == limit) return fail(TRUNCATED);
    const byte: u64 = load<u8>(pos++);
    value |= (byte & 0x7f) << (<u64>shift);
    if (byte < 0x80) {
      if (value >>> 32 != 0 || (shift == 63 && byte > 1)) noteLoose(VARINT_OVERFLOW, start);
      next = pos;
      return <u32>value;
    }
  }
  return fail(BAD_VARINT);
}

/** Passes a varint of a known field, at most ten bytes. */
export function skipVarint(pos: u32, limit: u32): void {
  const start = pos;
  for (let count: u32 = 1; count <= 10; ++count) {
    if (pos == limit) {
      failure = TRUNCATED;
      return;
    }
    const byte: u32 = load<u8>(pos++);
    if (byte < 0x80) {
      if (count == 10 && byte > 1) noteLoose(VARINT_OVERFLOW, start);
      next = pos;
      return;
    }
  }
  failure = BAD_VARINT;
}

/** Passes a varint of an unknown field. More than ten bytes are loose, not malformed. */
function skipVarintOfAnyLength(pos: u32, limit: u32): void {
  const start = pos;
  while (pos != limit) {
    const byte: u32 = load<u8>(pos++);
    if (byte < 0x80) {
      const count = pos - start;
      if (count > 10 || (count == 10 && byte > 1)) noteLoose(VARINT_OVERFLOW, start);
      next = pos;
      return;
    }
  }
  failure = TRUNCATED;
}

/**
 * Passes the value of an unknown field. Open groups keep their field numbers in the work area, four
 * bytes each; a group inside `groupsMax` others is too deep. Without a work area (0) groups are
 * only counted: for messages that scan() has taken, where they are known to match.
 */
export function skipUnknown(tag: u32, pos: u32, limit: u32, work: u32, groupsMax: u32): void {
  let groups: u32 = 0;
  while (true) {
    const wire = tag & 7;
    if (wire == 0) {
      skipVarintOfAnyLength(pos, limit);
      if (failure != OK) return;
      pos = next;
    } else if (wire == 3) {
      if (groups == groupsMax) {
        failure = TOO_DEEP;
        return;
      }
      if (work != 0) store<u32>(work + (groups << 2), tag >>> 3);
      ++groups;
    } else if (wire == 4) {
      const opened = groups != 0;
      if (!opened || (work != 0 && load<u32>(work + ((groups - 1) << 2)) != tag >>> 3)) {
        failure = BAD_GROUP;
        return;
      }
      --groups;
    } else {
      let size: u32 = wire == 1 ? 8 : 4;
      if (wire == 2) {
        size = readLength(pos, limit);
        if (failure != OK) return;
        pos = next;
      }
      if (size > limit - pos) {
        failure = TRUNCATED;
        return;
      }
      pos += size;
    }
    next = pos;
    if (groups == 0) return;
    tag = readTag(pos, limit);
    if (failure != OK) return;
    pos = next;
  }
}
