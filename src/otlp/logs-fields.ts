// Field numbers of the OTLP logs messages (proto/opentelemetry), for code that reads the wire
// itself. logs-fields.test.ts holds them against the generated descriptors.

export const LogsField = {
  ExportLogsServiceRequest: { resource_logs: 1 },
  ExportLogsServiceResponse: { partial_success: 1 },
  ExportLogsPartialSuccess: { rejected_log_records: 1, error_message: 2 },
  ResourceLogs: { resource: 1, scope_logs: 2, schema_url: 3 },
  Resource: { attributes: 1, dropped_attributes_count: 2, entity_refs: 3 },
  EntityRef: { schema_url: 1, type: 2, id_keys: 3, description_keys: 4 },
  ScopeLogs: { scope: 1, log_records: 2, schema_url: 3 },
  InstrumentationScope: { name: 1, version: 2, attributes: 3, dropped_attributes_count: 4 },
  LogRecord: {
    time_unix_nano: 1,
    severity_number: 2,
    severity_text: 3,
    body: 5,
    attributes: 6,
    dropped_attributes_count: 7,
    flags: 8,
    trace_id: 9,
    span_id: 10,
    observed_time_unix_nano: 11,
    event_name: 12,
  },
  KeyValue: { key: 1, value: 2, key_strindex: 3 },
  AnyValue: {
    string_value: 1,
    bool_value: 2,
    int_value: 3,
    double_value: 4,
    array_value: 5,
    kvlist_value: 6,
    bytes_value: 7,
    string_value_strindex: 8,
  },
  ArrayValue: { values: 1 },
  KeyValueList: { values: 1 },
} as const;
