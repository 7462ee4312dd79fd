// Protobuf to OTLP/JSON, straight from the wire bytes: no object tree, no string per field. One
// request becomes one line. Mapping: proto3 JSON with OTLP's changes (ids in hex, enums as
// integers).

import { bytesTag, FieldIndex, FieldKind, FieldShape } from './field-index.ts';
import { FieldJson, memberName, nextElement } from './field-json.ts';
import { type JsonText, jsonTextFull } from './json-text.ts';
import { LogRecordJson } from './log-record-json.ts';
import { LogsField } from './logs-fields.ts';
import { WireReader } from './protobuf-wire.ts';
import { ResourceJson } from './resource-json.ts';

export class LogsJson {
  readonly text: JsonText;
  readonly #fields: FieldJson;
  readonly #resources: ResourceJson;
  readonly #records: LogRecordJson;
  readonly #requestReader = new WireReader(new Uint8Array(0));
  readonly #scopeLogsReader = new WireReader(new Uint8Array(0));
  readonly #recordsReader = new WireReader(new Uint8Array(0));
  readonly #resourceLogsIndex = new FieldIndex(resourceLogsShape);
  readonly #scopeLogsIndex = new FieldIndex(scopeLogsShape);

  constructor(text: JsonText) {
    this.text = text;
    this.#fields = new FieldJson(text);
    this.#resources = new ResourceJson(this.#fields);
    this.#records = new LogRecordJson(this.#fields);
  }

  /**
   * Appends one ExportLogsServiceRequest and a line feed. False: the text's bound is reached and
   * nothing was appended. Throws OTLP_MALFORMED, with nothing appended, for bytes that are no
   * request.
   */
  appendLine(src: Uint8Array, offsetBytes: number, lengthBytes: number): boolean {
    const before = this.text.lengthBytes;
    try {
      this.#request(src, offsetBytes, offsetBytes + lengthBytes);
      return true;
    } catch (error) {
      this.text.lengthBytes = before;
      if (error === jsonTextFull) return false;
      throw error;
    }
  }

  #request(src: Uint8Array, fromBytes: number, toBytes: number): void {
    const { text } = this;
    const reader = this.#requestReader;
    text.byte(openBrace);
    let count = 0;
    reader.moveTo(src, fromBytes, toBytes);
    while (!reader.atEnd) {
      const lengthBytes = nextElement(reader, resourceLogsTag);
      if (lengthBytes < 0) continue;
      text.raw(count === 0 ? resourceLogsOpening : commaText);
      this.#resourceLogs(src, reader.offsetBytes, reader.offsetBytes + lengthBytes);
      reader.offsetBytes += lengthBytes;
      count += 1;
    }
    text.raw(count === 0 ? emptyRequestClosing : requestClosing);
  }

  #resourceLogs(given: Uint8Array, fromBytes: number, toBytes: number): void {
    const { text } = this;
    const field = LogsField.ResourceLogs;
    const index = this.#resourceLogsIndex;
    const src = index.read(given, fromBytes, toBytes);
    text.byte(openBrace);
    if (index.has(field.resource)) {
      text.member(name.resource);
      this.#resources.resource(src, index.from(field.resource), index.to(field.resource));
    }
    if (index.has(field.scope_logs)) {
      const reader = this.#scopeLogsReader;
      text.member(name.scopeLogs);
      text.byte(openBracket);
      reader.moveTo(src, index.from(field.scope_logs), index.to(field.scope_logs));
      while (!reader.atEnd) {
        const lengthBytes = nextElement(reader, bytesTag(field.scope_logs));
        if (lengthBytes < 0) continue;
        text.separator();
        this.#scopeLogs(src, reader.offsetBytes, reader.offsetBytes + lengthBytes);
        reader.offsetBytes += lengthBytes;
      }
      text.byte(closeBracket);
    }
    this.#fields.string(src, index, field.schema_url, name.schemaUrl);
    text.byte(closeBrace);
  }

  #scopeLogs(given: Uint8Array, fromBytes: number, toBytes: number): void {
    const { text } = this;
    const field = LogsField.ScopeLogs;
    const index = this.#scopeLogsIndex;
    const src = index.read(given, fromBytes, toBytes);
    text.byte(openBrace);
    if (index.has(field.scope)) {
      text.member(name.scope);
      this.#resources.scope(src, index.from(field.scope), index.to(field.scope));
    }
    if (index.has(field.log_records)) {
      const reader = this.#recordsReader;
      text.member(name.logRecords);
      text.byte(openBracket);
      reader.moveTo(src, index.from(field.log_records), index.to(field.log_records));
      while (!reader.atEnd) {
        const lengthBytes = nextElement(reader, bytesTag(field.log_records));
        if (lengthBytes < 0) continue;
        text.separator();
        this.#records.record(src, reader.offsetBytes, reader.offsetBytes + lengthBytes);
        reader.offsetBytes += lengthBytes;
      }
      text.byte(closeBracket);
    }
    this.#fields.string(src, index, field.schema_url, name.schemaUrl);
    text.byte(closeBrace);
  }
}

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const commaText = Buffer.from(',');
const resourceLogsTag = bytesTag(LogsField.ExportLogsServiceRequest.resource_logs);
const resourceLogsOpening = Buffer.from('"resourceLogs":[');
const requestClosing = Buffer.from(']}\n');
const emptyRequestClosing = Buffer.from('}\n');

const name = {
  logRecords: memberName('logRecords'),
  resource: memberName('resource'),
  schemaUrl: memberName('schemaUrl'),
  scope: memberName('scope'),
  scopeLogs: memberName('scopeLogs'),
};

const resourceLogsShape = new FieldShape([
  [LogsField.ResourceLogs.resource, FieldKind.Message],
  [LogsField.ResourceLogs.scope_logs, FieldKind.Repeated],
  [LogsField.ResourceLogs.schema_url, FieldKind.Bytes],
]);
const scopeLogsShape = new FieldShape([
  [LogsField.ScopeLogs.scope, FieldKind.Message],
  [LogsField.ScopeLogs.log_records, FieldKind.Repeated],
  [LogsField.ScopeLogs.schema_url, FieldKind.Bytes],
]);
