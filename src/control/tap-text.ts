// Values of OTLP as a tap shows them and compares them: text as it is, everything else as JSON
// would have it.

import type { AnyValue, KeyValue } from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import { SeverityNumber } from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';

/** Empty: no value. Bytes are base64. */
export function valueText(value: AnyValue | undefined): string {
  const plain = plainValue(value);
  if (typeof plain === 'string') return plain;
  return plain === null ? '' : JSON.stringify(plain);
}

/** Of the first with this key. */
export function attributeText(attributes: readonly KeyValue[], key: string): string | undefined {
  const found = attributes.find((attribute) => attribute.key === key);
  return found === undefined ? undefined : valueText(found.value);
}

/** TRACE, DEBUG, INFO, WARN, ERROR or FATAL, whichever of their four steps it is; empty: none. */
export function severityWord(number: SeverityNumber): string {
  const name: string | undefined = SeverityNumber[number];
  return name === undefined || number === SeverityNumber.UNSPECIFIED ? '' : name.replace(/\d$/, '');
}

type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Nested as deep as the scan lets anything through (messageDepthMax). */
function plainValue(any: AnyValue | undefined): Plain {
  const value = any?.value;
  switch (value?.case) {
    case 'stringValue':
    case 'boolValue':
      return value.value;
    case 'doubleValue':
      // JSON has no word for the others.
      return Number.isFinite(value.value) ? value.value : String(value.value);
    case 'intValue':
      return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : `${value.value}`;
    case 'bytesValue':
      return Buffer.from(value.value).toString('base64');
    case 'arrayValue':
      return value.value.values.map(plainValue);
    case 'kvlistValue':
      return Object.fromEntries(
        value.value.values.map((each) => [each.key, plainValue(each.value)]),
      );
    default:
      return null;
  }
}
