// RFC 7541 Appendix A: the 61 fields that both sides know from the start.

import { HpackEntry } from './hpack-entry.ts';

/** The first index of the dynamic table. */
export const dynamicIndexMin = 62;

const fields: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

/** By index, which starts at 1: there is no entry 0. */
export const staticEntries: readonly (HpackEntry | undefined)[] = [
  undefined,
  ...fields.map(([name, value]) => new HpackEntry(name, value, true, true)),
];

/** The index of the field with this name and value; 0 when there is none. */
export function staticFieldIndex(name: string, value: string): number {
  const index = staticNameIndex(name);
  if (index === 0) return 0;
  for (let candidate = index; staticEntries[candidate]?.name === name; candidate += 1) {
    if (staticEntries[candidate]?.value === value) return candidate;
  }
  return 0;
}

/** The first index with this name; 0 when there is none. */
export function staticNameIndex(name: string): number {
  return indexByName.get(name) ?? 0;
}

// Built from the end, so that the first of several entries with one name stays.
const indexByName: ReadonlyMap<string, number> = new Map(
  fields.map(([name], position): [string, number] => [name, position + 1]).reverse(),
);
