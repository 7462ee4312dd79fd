// Resource attribute operations, compiled once at start into what the kernel needs: for each key,
// what happens to an attribute that has it and what is added when none has. The operations are
// applied in order, as the OpenTelemetry Collector's resource processor does; the outcome for one
// key does not depend on the others, so the whole list comes down to one rule per key and one
// comparison per attribute.
//
// Keys that occur more than once in a resource: update and upsert change the first and leave the
// others; delete removes all. An attribute that is deleted and then set again takes the place of
// the old one.

import { GopherShipError } from '../errors.ts';
import { KiB } from '../limits.ts';
import { type AttributeValue, encodeAttribute } from './attribute-bytes.ts';

export type SpliceAction = 'insert' | 'update' | 'upsert' | 'delete';

export interface SpliceOp {
  readonly key: string;
  readonly action: SpliceAction;
  /** Not used by delete. */
  readonly value?: AttributeValue | undefined;
}

/** A rule is a bit of a 64-bit set in the kernel. */
export const spliceOpsMax = 64;

/** The plan lies in each shard's scratch, and each resource of a batch may grow by as much. */
export const splicePlanSizeBytesMax = 64 * KiB;

/**
 * Throws GopherShipError CONFIG when there are too many operations, too many bytes, or a value is
 * missing.
 */
export function encodeSplicePlan(ops: readonly SpliceOp[]): Uint8Array {
  if (ops.length > spliceOpsMax) {
    throw new GopherShipError('CONFIG', `${ops.length} attribute actions, at most ${spliceOpsMax}`);
  }
  const rules = new Map<string, Rule>();
  for (const op of ops) rules.set(op.key, applied(rules.get(op.key) ?? unchanged, op));
  return layOut(rules);
}

/** Bound of what a splice with this plan adds to a message with so many ResourceLogs. */
export function spliceGrowthBytesMax(plan: Uint8Array, resourceCount: number): number {
  const view = new DataView(plan.buffer, plan.byteOffset, plan.byteLength);
  let perResource = 0;
  for (let rule = 0; rule < view.getUint32(0, true); rule++) {
    const at = headerSizeBytes + rule * ruleSizeBytes;
    const set = Math.max(view.getUint32(at + 20, true), view.getUint32(at + 28, true));
    // Each rule sets at most one attribute, which may lengthen the prefix of the resource field it
    // is in.
    if (set > 0) perResource += set + lengthPrefixGrowthBytesMax;
  }
  // Once a ResourceLogs: its own prefix grows, and a resource field may have to be added (tag and
  // length).
  return perResource === 0 ? 0 : resourceCount * (perResource + 2 * lengthPrefixGrowthBytesMax + 2);
}

/** Length prefixes have one to five bytes. */
const lengthPrefixGrowthBytesMax = 4;

const First = { Keep: 0, Set: 1, Delete: 2 } as const;
type First = (typeof First)[keyof typeof First];

/** Net effect of the operations on one key. Empty bytes: nothing is set, or added. */
interface Rule {
  readonly first: First;
  readonly deletesOthers: boolean;
  readonly presentBytes: Uint8Array;
  readonly absentBytes: Uint8Array;
}

const nothing = new Uint8Array(0);
const unchanged: Rule = {
  first: First.Keep,
  deletesOthers: false,
  presentBytes: nothing,
  absentBytes: nothing,
};

function applied(rule: Rule, op: SpliceOp): Rule {
  if (op.action === 'delete') {
    return {
      first: First.Delete,
      deletesOthers: true,
      presentBytes: nothing,
      absentBytes: nothing,
    };
  }
  if (op.value === undefined) {
    throw new GopherShipError('CONFIG', `attribute action ${op.action} of ${op.key} has no value`);
  }
  const bytes = encodeAttribute(op.key, op.value);
  const updates = op.action !== 'insert';
  const inserts = op.action !== 'update';
  // Each operation meets an attribute or none; both are followed, from both beginnings.
  const presentNow = rule.first !== First.Delete;
  const absentNow = rule.absentBytes.length === 0;
  const setsPresent = presentNow ? updates : inserts;
  const setsAbsent = absentNow ? inserts : updates;
  return {
    first: setsPresent ? First.Set : rule.first,
    deletesOthers: rule.deletesOthers,
    presentBytes: setsPresent ? bytes : rule.presentBytes,
    absentBytes: setsAbsent ? bytes : rule.absentBytes,
  };
}

// Plan, little endian; offsets count from the plan's start. Drawn here, read by
// kernel/assembly/splice-plan.ts:
//
//    0  u32  rules (at most 64)
//    4  u32  0
//    8  u64  bit n: a rule's key has a length of n modulo 64 bytes
//   16  rules of 32 bytes, in the order in which they add:
//        0  u32 key offset, 4 u32 key length
//        8  u8  first attribute with the key: 0 keep, 1 set, 2 delete
//        9  u8  further ones: 0 keep, 2 delete
//       10  6 x 0
//       16  u32 offset, 20 u32 length of what the first becomes
//       24  u32 offset, 28 u32 length of what is added when there is none; length 0: nothing
//    …  keys, and attributes as they go on the wire: tag 0x0a, length, KeyValue
const headerSizeBytes = 16;
const ruleSizeBytes = 32;

function layOut(rules: ReadonlyMap<string, Rule>): Uint8Array {
  const parts: Uint8Array[] = [];
  let endBytes = headerSizeBytes + rules.size * ruleSizeBytes;
  const head = new DataView(new ArrayBuffer(endBytes));
  let keyLengths = 0n;
  let at = headerSizeBytes;
  const place = (part: Uint8Array, whereBytes: number): void => {
    head.setUint32(whereBytes, endBytes, true);
    head.setUint32(whereBytes + 4, part.length, true);
    parts.push(part);
    endBytes += part.length;
  };
  for (const [key, rule] of rules) {
    const keyBytes = new TextEncoder().encode(key);
    keyLengths |= 1n << BigInt(keyBytes.length % 64);
    place(keyBytes, at);
    head.setUint8(at + 8, rule.first);
    head.setUint8(at + 9, rule.deletesOthers ? First.Delete : First.Keep);
    place(rule.presentBytes, at + 16);
    place(rule.absentBytes, at + 24);
    at += ruleSizeBytes;
  }
  if (endBytes > splicePlanSizeBytesMax) {
    throw new GopherShipError(
      'CONFIG',
      `attributes to set take ${endBytes} bytes, at most ${splicePlanSizeBytesMax}`,
    );
  }
  head.setUint32(0, rules.size, true);
  head.setBigUint64(8, keyLengths, true);
  // A copy with a buffer of its own: a Buffer shares one, and its slice() does not copy.
  return Uint8Array.from(Buffer.concat([new Uint8Array(head.buffer), ...parts]));
}
