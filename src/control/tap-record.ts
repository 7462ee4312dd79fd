// One record as a tap shows it, with a bound for each part, so that forty that wait for a client
// are small.

import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import {
  type TapAttribute,
  TapAttributeSchema,
  type TapRecord,
  TapRecordSchema,
} from '../generated/gophership/control/v1/tap_pb.js';
import type { KeyValue } from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import { attributeText, valueText } from './tap-text.ts';
import type { TappedRecord } from './tapped-records.ts';

// proto/gophership/control/v1/tap.proto tells them to clients.
const bodyLengthMax = 4_096;
const attributesMax = 32;
const textLengthMax = 256;

export function tapRecord({ record, resource, scope }: TappedRecord): TapRecord {
  const bounds = new Bounds();
  const resourceAttributes = resource?.attributes ?? [];
  const service = attributeText(resourceAttributes, 'service.name') ?? '';
  const shown = create(TapRecordSchema, {
    severityNumber: record.severityNumber,
    severityText: bounds.text(record.severityText, textLengthMax),
    serviceName: bounds.text(service, textLengthMax),
    body: bounds.text(valueText(record.body), bodyLengthMax),
    attributes: bounds.attributes(record.attributes),
    resourceAttributes: bounds.attributes(resourceAttributes),
    scopeName: bounds.text(scope?.name ?? '', textLengthMax),
    traceId: bounds.text(hexText(record.traceId), textLengthMax),
    spanId: bounds.text(hexText(record.spanId), textLengthMax),
    eventName: bounds.text(record.eventName, textLengthMax),
    isCut: bounds.isMet,
  });
  const time = timeOf(record.timeUnixNano);
  const observedTime = timeOf(record.observedTimeUnixNano);
  if (time !== undefined) shown.time = time;
  if (observedTime !== undefined) shown.observedTime = observedTime;
  return shown;
}

/** Cuts, and remembers whether it had to. */
class Bounds {
  isMet = false;

  text(text: string, lengthMax: number): string {
    if (text.length <= lengthMax) return text;
    this.isMet = true;
    return text.slice(0, lengthMax).toWellFormed();
  }

  attributes(attributes: readonly KeyValue[]): TapAttribute[] {
    if (attributes.length > attributesMax) this.isMet = true;
    return attributes.slice(0, attributesMax).map(({ key, value }) =>
      create(TapAttributeSchema, {
        key: this.text(key, textLengthMax),
        value: this.text(valueText(value), textLengthMax),
      }),
    );
  }
}

/** Undefined: none was given. */
function timeOf(unixNanoseconds: bigint): Timestamp | undefined {
  if (unixNanoseconds === 0n) return undefined;
  const seconds = unixNanoseconds / 1_000_000_000n;
  const nanos = Number(unixNanoseconds % 1_000_000_000n);
  return create(TimestampSchema, { seconds, nanos });
}

function hexText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
