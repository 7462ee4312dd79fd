// scan(): is this a well-formed ExportLogsServiceRequest, and how many records does it hold?
//
// Verdict and counts are those of @bufbuild/protobuf's fromBinary(), with one more shade: where
// that reader forgives what strict readers refuse, the message is "loose" (status.ts). Like that
// reader, a known field is read by its declared type whatever its wire type says, and a child
// message may run over its parent's end, up to the end of the whole message.
//
// Result block (all u32, at `result`), then the stack of open messages, 100 x 16 bytes:
//   0 resources | 4 scopes | 8 records | 12 error offset in the message
//   16.. {end u32, unused u32, table u64}

import { BAD_TAG, BAD_UTF8, OK, OVERRUN, TOO_DEEP, TRUNCATED, WIRE_TYPE } from './status';
import {
  FIXED64,
  KEY_VALUE,
  LOG_RECORD,
  RESOURCE_LOGS,
  SCOPE_LOGS,
  STRING,
  UNKNOWN,
  VARINT,
  requestTable,
  tableOf,
} from './otlp-fields';
import { isAscii, isUtf8 } from './utf8';
import {
  failure,
  loose,
  looseAt,
  next,
  noteLoose,
  readLength,
  readTag,
  resetWire,
  skipUnknown,
  skipVarint,
} from './wire';

const stackOffset: u32 = 16;
const frameSize: u32 = 16;
const depthMax: u32 = 100; // messageDepthMax of src/limits.ts

export function scan(offset: u32, length: u32, result: u32): i32 {
  const limit = offset + length;
  const stack = result + stackOffset;
  const stackMax = stack + frameSize * (depthMax - 1);
  let top = stack;
  let pos = offset;
  let end = limit;
  let table = requestTable;
  let resources: u32 = 0;
  let scopes: u32 = 0;
  let records: u32 = 0;
  let status = OK;
  resetWire();

  while (true) {
    while (pos >= end) {
      if (pos != end) noteLoose(OVERRUN, pos);
      if (top == stack) break;
      top -= frameSize;
      end = load<u32>(top);
      table = load<u64>(top, 8);
    }
    if (pos >= end) break;

    let tag: u32 = load<u8>(pos);
    if (tag < 0x80) {
      if (tag < 8 || (tag & 7) > 5) {
        status = BAD_TAG;
        break;
      }
      pos += 1;
    } else {
      tag = readTag(pos, limit);
      if (failure != OK) break;
      pos = next;
    }
    const wire = tag & 7;
    const kind: u32 = tag < 128 ? <u32>(table >>> (<u64>((tag >>> 3) << 2))) & 15 : UNKNOWN;

    if (kind >= STRING) {
      if (wire != 2) noteLoose(WIRE_TYPE, pos);
      if (pos == limit) {
        status = TRUNCATED;
        break;
      }
      let size: u32 = load<u8>(pos);
      if (size < 0x80) {
        pos += 1;
      } else {
        size = readLength(pos, limit);
        if (failure != OK) break;
        pos = next;
      }
      if (size > limit - pos) {
        status = TRUNCATED;
        break;
      }
      if (kind == STRING) {
        if (!isUtf8(pos, size)) {
          status = BAD_UTF8;
          break;
        }
        pos += size;
      } else if (kind < RESOURCE_LOGS) {
        pos += size;
      } else {
        if (kind == KEY_VALUE && top + frameSize < stackMax) {
          if (isPlainKeyValue(pos, size)) {
            pos += size;
            continue;
          }
        }
        if (top == stackMax) {
          status = TOO_DEEP;
          break;
        }
        if (kind == LOG_RECORD) records += 1;
        else if (kind == RESOURCE_LOGS) resources += 1;
        else if (kind == SCOPE_LOGS) scopes += 1;
        store<u32>(top, end);
        store<u64>(top, table, 8);
        top += frameSize;
        end = pos + size;
        table = tableOf(kind);
      }
    } else if (kind == UNKNOWN) {
      const groupsMax = depthMax - 1 - (top - stack) / frameSize;
      skipUnknown(tag, pos, limit, top, groupsMax);
      if (failure != OK) break;
      pos = next;
    } else if (kind == VARINT) {
      if (wire != 0) noteLoose(WIRE_TYPE, pos);
      if (pos != limit && load<u8>(pos) < 0x80) {
        pos += 1;
      } else {
        skipVarint(pos, limit);
        if (failure != OK) break;
        pos = next;
      }
    } else {
      if (wire != (kind == FIXED64 ? 1 : 5)) noteLoose(WIRE_TYPE, pos);
      const size: u32 = kind == FIXED64 ? 8 : 4;
      if (size > limit - pos) {
        status = TRUNCATED;
        break;
      }
      pos += size;
    }
  }

  if (failure != OK) status = failure;
  if (status == OK && loose != OK) {
    status = loose;
    pos = looseAt;
  }
  store<u32>(result, resources);
  store<u32>(result, scopes, 4);
  store<u32>(result, records, 8);
  store<u32>(result, pos - offset, 12);
  return status;
}

/**
 * Nine of ten KeyValues are `0a K key 12 V <AnyValue>`, all lengths one byte and the value a
 * string, a bool or a small integer or a double: taken here in one step, with no frame pushed.
 * False means only "look closely".
 */
// @ts-ignore: AssemblyScript decorator
@inline
function isPlainKeyValue(pos: u32, size: u32): bool {
  if (size < 6 || size > 127 || load<u8>(pos) != 0x0a) return false;
  const keySize: u32 = load<u8>(pos, 1);
  if (keySize > size - 6) return false; // leaves 0a K .. 12 V and a value of two bytes
  const value = pos + 2 + keySize;
  const valueSize = size - 4 - keySize;
  if (load<u8>(value) != 0x12 || load<u8>(value, 1) != valueSize) return false;
  const tag: u32 = load<u8>(value, 2);
  if (tag == 0x0a) {
    // Every length is below 0x80 here, so one test over the whole range covers both strings.
    return load<u8>(value, 3) == valueSize - 2 && isAscii(pos, size);
  }
  if (tag == 0x18 || tag == 0x10) {
    return valueSize == 2 && load<u8>(value, 3) < 0x80 && isAscii(pos + 2, keySize);
  }
  return tag == 0x21 && valueSize == 9 && isAscii(pos + 2, keySize);
}
