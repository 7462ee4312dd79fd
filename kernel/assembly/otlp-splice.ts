// spliceResources(), spliceResource(): copy a message that scan() has taken and change resource
// attributes on the way. Only tags and lengths on the path to the attributes are read; all other
// bytes are copied in runs, whatever they mean. The same walk is made twice, first for the size
// that the length prefix needs (writing = false), then to write.

import { BAD_PLAN, MALFORMED, NO_ROOM, OK } from './status';
import {
  KEEP,
  SET,
  absentBytes,
  absentSize,
  findRule,
  firstAction,
  openPlan,
  othersAction,
  presentBytes,
  presentSize,
  ruleCount,
} from './splice-plan';
import { failure, next, readLength, readTag, resetWire, skipUnknown } from './wire';

/** Field 1, length-delimited: resource_logs, resource, attributes and key all have this tag. */
const fieldOneTag: u32 = 0x0a;

let out: u32 = 0;
let outEnd: u32 = 0;
let answer: i32 = OK;
/** Bit r: an attribute with the key of rule r was met in this ResourceLogs. */
let seen: u64 = 0;
/** The last walk differs from its input. */
let resourceChanged: bool = false;
let logsChanged: bool = false;
let keyAt: u32 = 0;
let keySize: u32 = 0;

/** Bytes written, or NO_ROOM, MALFORMED, BAD_PLAN. */
export function spliceResources(
  src: u32,
  srcSize: u32,
  dst: u32,
  dstSize: u32,
  plan: u32,
  planSize: u32,
): i32 {
  if (!begin(dst, dstSize, plan, planSize)) return BAD_PLAN;
  const end = src + srcSize;
  let run = src;
  let pos = src;
  while (pos < end) {
    const start = pos;
    const size = readField(pos, end);
    if (answer != OK) return answer;
    pos = next;
    if (size < 0) continue;
    pos += <u32>size;
    const newSize = walkResourceLogs(pos - <u32>size, pos, false);
    if (answer != OK) return answer;
    if (!logsChanged) continue;
    put(run, start - run);
    putHeader(newSize);
    walkResourceLogs(pos - <u32>size, pos, true);
    if (answer != OK) return answer;
    run = pos;
  }
  put(run, end - run);
  return answer != OK ? answer : <i32>(out - dst);
}

/** The same on the bytes of one Resource message. */
export function spliceResource(
  src: u32,
  srcSize: u32,
  dst: u32,
  dstSize: u32,
  plan: u32,
  planSize: u32,
): i32 {
  if (!begin(dst, dstSize, plan, planSize)) return BAD_PLAN;
  walkResource(src, src + srcSize, true, true);
  return answer != OK ? answer : <i32>(out - dst);
}

function begin(dst: u32, dstSize: u32, plan: u32, planSize: u32): bool {
  resetWire();
  answer = OK;
  seen = 0;
  out = dst;
  outEnd = dst + dstSize;
  return openPlan(plan, planSize);
}

/**
 * Several resource fields in one ResourceLogs are one resource to every reader: the set of keys
 * seen runs through all of them, and what is added goes to the end of the last.
 */
function walkResourceLogs(pos: u32, end: u32, writing: bool): u32 {
  const resourceCount = countFieldOne(pos, end);
  if (answer != OK) return 0;
  seen = 0;
  logsChanged = false;
  let total: u32 = 0;
  if (resourceCount == 0) {
    const added = addAbsent(false);
    if (added != 0) {
      logsChanged = true;
      total += headerSize(added) + added;
      if (writing) {
        putHeader(added);
        addAbsent(true);
      }
    }
  }
  let resourceIndex: u32 = 0;
  let run = pos;
  while (pos < end) {
    const start = pos;
    const size = readField(pos, end);
    if (answer != OK) return 0;
    pos = next;
    if (size < 0) continue;
    pos += <u32>size;
    resourceIndex += 1;
    const seenBefore = seen;
    const newSize = walkResource(pos - <u32>size, pos, resourceIndex == resourceCount, false);
    if (answer != OK) return 0;
    if (!resourceChanged) continue;
    logsChanged = true;
    total += start - run + headerSize(newSize) + newSize;
    if (writing) {
      put(run, start - run);
      putHeader(newSize);
      seen = seenBefore;
      walkResource(pos - <u32>size, pos, resourceIndex == resourceCount, true);
    }
    run = pos;
  }
  if (writing) put(run, end - run);
  return total + (end - run);
}

function walkResource(pos: u32, end: u32, last: bool, writing: bool): u32 {
  resourceChanged = false;
  let total: u32 = 0;
  let run = pos;
  while (pos < end) {
    const start = pos;
    const size = readField(pos, end);
    if (answer != OK) return 0;
    pos = next;
    if (size < 0) continue;
    pos += <u32>size;
    readKey(pos - <u32>size, pos);
    if (answer != OK) return 0;
    const found = findRule(keyAt, keySize);
    if (found < 0) continue;
    const rule = <u32>found;
    const bit = (<u64>1) << (<u64>rule);
    const action = (seen & bit) == 0 ? firstAction(rule) : othersAction(rule);
    seen |= bit;
    if (action == KEEP) continue;
    resourceChanged = true;
    total += start - run;
    if (writing) put(run, start - run);
    if (action == SET) {
      total += presentSize(rule);
      if (writing) put(presentBytes(rule), presentSize(rule));
    }
    run = pos;
  }
  total += end - run;
  if (writing) put(run, end - run);
  if (last) {
    const added = addAbsent(writing);
    if (added != 0) resourceChanged = true;
    total += added;
  }
  return total;
}

/** What is added for keys that were not seen. */
function addAbsent(writing: bool): u32 {
  let total: u32 = 0;
  const rules = ruleCount();
  for (let rule: u32 = 0; rule < rules; ++rule) {
    if (((seen >>> (<u64>rule)) & 1) != 0) continue;
    const size = absentSize(rule);
    if (size == 0) continue;
    total += size;
    if (writing) put(absentBytes(rule), size);
  }
  return total;
}

/**
 * Reads the tag at `pos`. Field 1: `next` is the start of its value, the answer its size, which is
 * inside [next, end). Any other field: -1, and `next` is behind its value.
 */
function readField(pos: u32, end: u32): i32 {
  const tag = readTag(pos, end);
  if (failure == OK) {
    pos = next;
    if (tag == fieldOneTag) {
      const size = readLength(pos, end);
      if (failure == OK && size <= end - next && <i32>size >= 0) return <i32>size;
    } else if (tag >>> 3 != 1) {
      skipUnknown(tag, pos, end, 0, u32.MAX_VALUE);
      if (failure == OK) return -1;
    }
  }
  answer = MALFORMED;
  return -1;
}

function countFieldOne(pos: u32, end: u32): u32 {
  let count: u32 = 0;
  while (pos < end) {
    const size = readField(pos, end);
    if (answer != OK) return 0;
    pos = next;
    if (size < 0) continue;
    pos += <u32>size;
    count += 1;
  }
  return count;
}

/** The key of a KeyValue: the last one if there are several, empty if there is none. */
function readKey(pos: u32, end: u32): void {
  keyAt = pos;
  keySize = 0;
  while (pos < end) {
    const size = readField(pos, end);
    if (answer != OK) return;
    pos = next;
    if (size < 0) continue;
    keyAt = pos;
    keySize = <u32>size;
    pos += keySize;
  }
}

function put(from: u32, size: u32): void {
  if (answer != OK) return;
  if (size > outEnd - out) {
    answer = NO_ROOM;
    return;
  }
  memory.copy(out, from, size);
  out += size;
}

/** Tag of field 1 and a length. */
function putHeader(size: u32): void {
  if (answer != OK) return;
  if (headerSize(size) > outEnd - out) {
    answer = NO_ROOM;
    return;
  }
  store<u8>(out++, fieldOneTag);
  while (size >= 0x80) {
    store<u8>(out++, size | 0x80);
    size >>>= 7;
  }
  store<u8>(out++, size);
}

function headerSize(size: u32): u32 {
  let bytes: u32 = 2;
  while (size >= 0x80) {
    bytes += 1;
    size >>>= 7;
  }
  return bytes;
}
