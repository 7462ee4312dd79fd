// Records of a tap, as objects for programs and as a line each for people.

import { timestampMs } from '@bufbuild/protobuf/wkt';
import type {
  TapAttribute,
  TapProgress,
  TapRecord,
} from '../generated/gophership/control/v1/tap_pb.js';
import { printable } from '../tls/printable.ts';
import { countText } from './quantity-text.ts';
import { timeOf } from './zone-value.ts';

export function recordValue(record: TapRecord) {
  const { $typeName: _, $unknown: __, ...fields } = record;
  return {
    kind: 'LogRecord',
    ...fields,
    time: timeOf(record.time),
    observedTime: timeOf(record.observedTime),
    attributes: attributesValue(record.attributes),
    resourceAttributes: attributesValue(record.resourceAttributes),
  };
}

const widths = [24, 8, 20] as const;

/** Fixed columns, because later lines are not known yet; the last one is free. */
export const recordHeadings = line(['TIME', 'SEVERITY', 'SERVICE', 'BODY']);

export function recordLine(record: TapRecord): string {
  const { time, observedTime, severityText, severityNumber, serviceName, body, isCut } = record;
  const at = time ?? observedTime;
  return line([
    at === undefined ? '-' : new Date(timestampMs(at)).toISOString(),
    severityText || (severityNumber === 0 ? '-' : severityWords[(severityNumber - 1) >> 2]) || '-',
    serviceName || '-',
    // An event may have a name and no body.
    `${folded(body || record.eventName)}${isCut ? ' ...' : ''}`,
  ]);
}

/** What a sample is a sample of. */
export function progressText(shownCount: number, progress: TapProgress): string {
  const { sampledRecords, matchedRecords, receivedRecords } = progress;
  return (
    `${countText(shownCount)} shown of ${countText(matchedRecords)} that matched; ` +
    `looked at ${countText(sampledRecords)} of ${countText(receivedRecords)} received`
  );
}

const severityWords = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

function attributesValue(attributes: readonly TapAttribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

/** Stack traces and the like, on one line. */
function folded(text: string): string {
  return text.trim().replace(/\s*[\r\n]\s*/g, ' ');
}

function line(cells: readonly string[]): string {
  const padded = cells.map((cell, column) => printable(cell).padEnd(widths[column] ?? 0));
  return `${padded.join('  ').trimEnd()}\n`;
}
