// The splice plan as src/kernel/splice-plan.ts writes it (drawn there): one rule a key, its net
// effect. Only keys are compared here; what is written into the message are ready-made bytes.

const headerSize: u32 = 16;
const ruleSize: u32 = 32;
const rulesMax: u32 = 64; // one bit each in the set of keys seen

export const KEEP: u32 = 0;
export const SET: u32 = 1;
export const DELETE: u32 = 2;

let base: u32 = 0;
let count: u32 = 0;

/** False when a rule points outside [plan, plan + size). */
export function openPlan(plan: u32, size: u32): bool {
  base = plan;
  count = 0;
  if (size < headerSize) return false;
  const rules = load<u32>(plan);
  if (rules > rulesMax || size < headerSize + rules * ruleSize) return false;
  for (let rule: u32 = 0; rule < rules; ++rule) {
    const at = ruleAt(rule);
    if (!inside(load<u32>(at), load<u32>(at, 4), size)) return false;
    if (!inside(load<u32>(at, 16), load<u32>(at, 20), size)) return false;
    if (!inside(load<u32>(at, 24), load<u32>(at, 28), size)) return false;
  }
  count = rules;
  return true;
}

function inside(offset: u32, length: u32, size: u32): bool {
  return offset <= size && length <= size - offset;
}

function ruleAt(rule: u32): u32 {
  return base + headerSize + rule * ruleSize;
}

export function ruleCount(): u32 {
  return count;
}

/** The rule for a key, or -1. */
export function findRule(key: u32, size: u32): i32 {
  // One bit for each key length there is: most attributes of a message are nobody's.
  if (((load<u64>(base, 8) >>> (<u64>(size & 63))) & 1) == 0) return -1;
  for (let rule: u32 = 0; rule < count; ++rule) {
    const at = ruleAt(rule);
    if (load<u32>(at, 4) == size && sameBytes(base + load<u32>(at), key, size)) return <i32>rule;
  }
  return -1;
}

function sameBytes(left: u32, right: u32, size: u32): bool {
  let index: u32 = 0;
  for (; size - index >= 8; index += 8) {
    if (load<u64>(left + index) != load<u64>(right + index)) return false;
  }
  for (; index < size; ++index) {
    if (load<u8>(left + index) != load<u8>(right + index)) return false;
  }
  return true;
}

/** What happens to the first attribute with the rule's key: KEEP, SET or DELETE. */
export function firstAction(rule: u32): u32 {
  return load<u8>(ruleAt(rule), 8);
}

/** What happens to further ones: KEEP or DELETE. */
export function othersAction(rule: u32): u32 {
  return load<u8>(ruleAt(rule), 9);
}

export function presentBytes(rule: u32): u32 {
  return base + load<u32>(ruleAt(rule), 16);
}

export function presentSize(rule: u32): u32 {
  return load<u32>(ruleAt(rule), 20);
}

export function absentBytes(rule: u32): u32 {
  return base + load<u32>(ruleAt(rule), 24);
}

/** 0: nothing is added for this key. */
export function absentSize(rule: u32): u32 {
  return load<u32>(ruleAt(rule), 28);
}
