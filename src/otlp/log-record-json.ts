// One LogRecord as a JSON object.

import { FieldIndex, FieldKind, FieldShape } from './field-index.ts';
import { type FieldJson, memberName } from './field-json.ts';
import { LogsField } from './logs-fields.ts';

export class LogRecordJson {
  readonly fields: FieldJson;
  readonly #index = new FieldIndex(recordShape);

  constructor(fields: FieldJson) {
    this.fields = fields;
  }

  record(given: Uint8Array, fromBytes: number, toBytes: number): void {
    const { fields } = this;
    const { text } = fields;
    const field = LogsField.LogRecord;
    const index = this.#index;
    const src = index.read(given, fromBytes, toBytes);
    text.byte(openBrace);
    fields.nanos(src, index, field.time_unix_nano, name.timeUnixNano);
    fields.nanos(src, index, field.observed_time_unix_nano, name.observedTimeUnixNano);
    fields.int32(src, index, field.severity_number, name.severityNumber);
    fields.string(src, index, field.severity_text, name.severityText);
    if (index.has(field.body)) {
      text.member(name.body);
      fields.values.value(src, index.from(field.body), index.to(field.body));
    }
    fields.attributes(src, index, field.attributes);
    fields.uint32(src, index, field.dropped_attributes_count, name.droppedAttributesCount);
    fields.fixed32(src, index, field.flags, name.flags);
    fields.hex(src, index, field.trace_id, name.traceId);
    fields.hex(src, index, field.span_id, name.spanId);
    fields.string(src, index, field.event_name, name.eventName);
    text.byte(closeBrace);
  }
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

const name = {
  body: memberName('body'),
  droppedAttributesCount: memberName('droppedAttributesCount'),
  eventName: memberName('eventName'),
  flags: memberName('flags'),
  observedTimeUnixNano: memberName('observedTimeUnixNano'),
  severityNumber: memberName('severityNumber'),
  severityText: memberName('severityText'),
  spanId: memberName('spanId'),
  timeUnixNano: memberName('timeUnixNano'),
  traceId: memberName('traceId'),
};

const recordShape = new FieldShape([
  [LogsField.LogRecord.time_unix_nano, FieldKind.Fixed64],
  [LogsField.LogRecord.severity_number, FieldKind.Varint],
  [LogsField.LogRecord.severity_text, FieldKind.Bytes],
  [LogsField.LogRecord.body, FieldKind.Message],
  [LogsField.LogRecord.attributes, FieldKind.Repeated],
  [LogsField.LogRecord.dropped_attributes_count, FieldKind.Varint],
  [LogsField.LogRecord.flags, FieldKind.Fixed32],
  [LogsField.LogRecord.trace_id, FieldKind.Bytes],
  [LogsField.LogRecord.span_id, FieldKind.Bytes],
  [LogsField.LogRecord.observed_time_unix_nano, FieldKind.Fixed64],
  [LogsField.LogRecord.event_name, FieldKind.Bytes],
]);
