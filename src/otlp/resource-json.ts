// Resource and InstrumentationScope as JSON objects: who a group of records comes from.

import { bytesTag, FieldIndex, FieldKind, FieldShape } from './field-index.ts';
import { type FieldJson, memberName, nextElement } from './field-json.ts';
import { LogsField } from './logs-fields.ts';
import { WireReader } from './protobuf-wire.ts';

export class ResourceJson {
  readonly fields: FieldJson;
  readonly #entityRefsReader = new WireReader(new Uint8Array(0));
  readonly #resourceIndex = new FieldIndex(resourceShape);
  readonly #entityRefIndex = new FieldIndex(entityRefShape);
  readonly #scopeIndex = new FieldIndex(scopeShape);

  constructor(fields: FieldJson) {
    this.fields = fields;
  }

  resource(given: Uint8Array, fromBytes: number, toBytes: number): void {
    const { fields } = this;
    const { text } = fields;
    const field = LogsField.Resource;
    const index = this.#resourceIndex;
    const src = index.read(given, fromBytes, toBytes);
    text.byte(openBrace);
    fields.attributes(src, index, field.attributes);
    fields.uint32(src, index, field.dropped_attributes_count, name.droppedAttributesCount);
    if (index.has(field.entity_refs)) {
      const reader = this.#entityRefsReader;
      text.member(name.entityRefs);
      text.byte(openBracket);
      reader.moveTo(src, index.from(field.entity_refs), index.to(field.entity_refs));
      while (!reader.atEnd) {
        const lengthBytes = nextElement(reader, bytesTag(field.entity_refs));
        if (lengthBytes < 0) continue;
        text.separator();
        this.#entityRef(src, reader.offsetBytes, reader.offsetBytes + lengthBytes);
        reader.offsetBytes += lengthBytes;
      }
      text.byte(closeBracket);
    }
    text.byte(closeBrace);
  }

  #entityRef(src: Uint8Array, fromBytes: number, toBytes: number): void {
    const { fields } = this;
    const { text } = fields;
    const field = LogsField.EntityRef;
    const index = this.#entityRefIndex;
    index.read(src, fromBytes, toBytes); // it has no message fields: nothing to merge
    text.byte(openBrace);
    fields.string(src, index, field.schema_url, name.schemaUrl);
    fields.string(src, index, field.type, name.type);
    fields.strings(src, index, field.id_keys, name.idKeys);
    fields.strings(src, index, field.description_keys, name.descriptionKeys);
    text.byte(closeBrace);
  }

  scope(src: Uint8Array, fromBytes: number, toBytes: number): void {
    const { fields } = this;
    const { text } = fields;
    const field = LogsField.InstrumentationScope;
    const index = this.#scopeIndex;
    index.read(src, fromBytes, toBytes); // it has no singular message fields: nothing to merge
    text.byte(openBrace);
    fields.string(src, index, field.name, name.name);
    fields.string(src, index, field.version, name.version);
    fields.attributes(src, index, field.attributes);
    fields.uint32(src, index, field.dropped_attributes_count, name.droppedAttributesCount);
    text.byte(closeBrace);
  }
}

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

const name = {
  descriptionKeys: memberName('descriptionKeys'),
  droppedAttributesCount: memberName('droppedAttributesCount'),
  entityRefs: memberName('entityRefs'),
  idKeys: memberName('idKeys'),
  name: memberName('name'),
  schemaUrl: memberName('schemaUrl'),
  type: memberName('type'),
  version: memberName('version'),
};

const resourceShape = new FieldShape([
  [LogsField.Resource.attributes, FieldKind.Repeated],
  [LogsField.Resource.dropped_attributes_count, FieldKind.Varint],
  [LogsField.Resource.entity_refs, FieldKind.Repeated],
]);

const entityRefShape = new FieldShape([
  [LogsField.EntityRef.schema_url, FieldKind.Bytes],
  [LogsField.EntityRef.type, FieldKind.Bytes],
  [LogsField.EntityRef.id_keys, FieldKind.Repeated],
  [LogsField.EntityRef.description_keys, FieldKind.Repeated],
]);

const scopeShape = new FieldShape([
  [LogsField.InstrumentationScope.name, FieldKind.Bytes],
  [LogsField.InstrumentationScope.version, FieldKind.Bytes],
  [LogsField.InstrumentationScope.attributes, FieldKind.Repeated],
  [LogsField.InstrumentationScope.dropped_attributes_count, FieldKind.Varint],
]);
