// Which records a tap wants: those that meet every `key=value`.

import type { TapMatch } from '../generated/gophership/control/v1/tap_pb.js';
import { attributeText, severityWord, valueText } from './tap-text.ts';
import type { TappedRecord } from './tapped-records.ts';

export type RecordTest = (tapped: TappedRecord) => boolean;

/** Without matches: all. */
export function recordTest(matches: readonly TapMatch[]): RecordTest {
  const tests = matches.map(testOf);
  return (tapped) => tests.every((meets) => meets(tapped));
}

function testOf({ key, value }: TapMatch): RecordTest {
  const wanted = value.toLowerCase();
  switch (key) {
    case 'severity':
      return ({ record }) =>
        severityWord(record.severityNumber).toLowerCase() === wanted ||
        record.severityText.toLowerCase() === wanted;
    case 'body':
      return ({ record }) => valueText(record.body).toLowerCase().includes(wanted);
    default:
      return ({ record, resource }) =>
        attributeText(record.attributes, key) === value ||
        attributeText(resource?.attributes ?? [], key) === value;
  }
}
