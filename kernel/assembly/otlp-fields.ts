// The messages below ExportLogsServiceRequest as one 64-bit table each: four bits a field number,
// at bit 4 x number, saying how its value is read. 16 kinds and field numbers up to 15 are what
// OTLP logs needs (the fuzz test holds the tables against the generated classes).

export const UNKNOWN: u32 = 0;
export const VARINT: u32 = 1;
export const FIXED64: u32 = 2;
export const FIXED32: u32 = 3;
export const STRING: u32 = 4;
export const BYTES: u32 = 5;
// From here on the kind is the message type of the child.
export const RESOURCE_LOGS: u32 = 6;
export const RESOURCE: u32 = 7;
export const SCOPE_LOGS: u32 = 8;
export const SCOPE: u32 = 9;
export const LOG_RECORD: u32 = 10;
export const KEY_VALUE: u32 = 11;
export const ANY_VALUE: u32 = 12;
export const ARRAY_VALUE: u32 = 13;
export const KEY_VALUE_LIST: u32 = 14;
export const ENTITY_REF: u32 = 15;

/** ExportLogsServiceRequest: 1 resource_logs. */
export const requestTable: u64 = 0x60;

/** The table of the message type `kind`, the most frequent first. */
// @ts-ignore: AssemblyScript decorator
@inline
export function tableOf(kind: u32): u64 {
  // 1 key, 2 value, 3 key_strindex
  if (kind == KEY_VALUE) return 0x1c40;
  // 1 string, 2 bool, 3 int, 4 double, 5 array, 6 kvlist, 7 bytes, 8 string_value_strindex
  if (kind == ANY_VALUE) return 0x15ed21140;
  // 1 time, 2 severity_number, 3 severity_text, 5 body, 6 attributes, 7 dropped_attributes_count,
  // 8 flags, 9 trace_id, 10 span_id, 11 observed_time, 12 event_name
  if (kind == LOG_RECORD) return 0x425531bc04120;
  // 1 values
  if (kind == ARRAY_VALUE) return 0xc0;
  // 1 values
  if (kind == KEY_VALUE_LIST) return 0xb0;
  // 1 scope, 2 log_records, 3 schema_url
  if (kind == SCOPE_LOGS) return 0x4a90;
  // 1 resource, 2 scope_logs, 3 schema_url
  if (kind == RESOURCE_LOGS) return 0x4870;
  // 1 attributes, 2 dropped_attributes_count, 3 entity_refs
  if (kind == RESOURCE) return 0xf1b0;
  // 1 name, 2 version, 3 attributes, 4 dropped_attributes_count
  if (kind == SCOPE) return 0x1b440;
  // EntityRef: 1 schema_url, 2 type, 3 id_keys, 4 description_keys
  return 0x44440;
}
