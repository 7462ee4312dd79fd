// countRecords(): how many LogRecords does an ExportLogsServiceRequest hold? Only lengths are read,
// down to the records and not into them: a body that the vault takes without a look is counted all
// the same. What scan() calls Ok gets scan()'s count; what lengths show to be something else, none.

import { OK } from './status';
import { failure, loose, next, readLength, readTag, resetWire, skipUnknown } from './wire';

// ExportLogsServiceRequest 1 resource_logs, ResourceLogs 2 scope_logs, ScopeLogs 2 log_records.
const recordLevel: u32 = 2;

/** The number of records, or -1 when they cannot be counted. */
export function countRecords(offset: u32, length: u32): i32 {
  const limit = offset + length;
  let pos = offset;
  // Of the message that is open at each level; a child never runs over it.
  let end = limit;
  let resourceEnd = limit;
  let level: u32 = 0;
  let records: i32 = 0;
  resetWire();

  while (true) {
    while (pos == end) {
      if (level == 0) return loose == OK ? records : -1;
      level -= 1;
      end = level == 0 ? limit : resourceEnd;
    }
    const tag = readTag(pos, end);
    if (failure != OK) return -1;
    if (tag >>> 3 != (level == 0 ? 1 : 2)) {
      skipUnknown(tag, next, end, 0, u32.MAX_VALUE);
      if (failure != OK) return -1;
      pos = next;
      continue;
    }
    if ((tag & 7) != 2) return -1;
    const size = readLength(next, end);
    if (failure != OK || size > end - next) return -1;
    pos = next;
    if (level == recordLevel) {
      records += 1;
      pos += size;
    } else {
      if (level == 1) resourceEnd = end;
      end = pos + size;
      level += 1;
    }
  }
}
