import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { ExportLogsServiceResponseSchema } from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { decodeExportResponse, encodeExportResponse } from './export-response.ts';

function check(hex: string, expected: ReturnType<typeof decodeExportResponse>): void {
  assert.deepEqual(decodeExportResponse(Buffer.from(hex, 'hex')), expected);
}

test('encodeExportResponse() is what a protobuf library writes, and decodes to itself', () => {
  const response = fc.record({
    rejectedRecords: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    message: fc.string({ unit: 'grapheme', maxLength: 300 }),
  });
  fc.assert(
    fc.property(response, ({ rejectedRecords, message }) => {
      const bytes = encodeExportResponse({ rejectedRecords, message });
      const partialSuccess =
        rejectedRecords === 0 && message === ''
          ? {}
          : {
              partialSuccess: {
                rejectedLogRecords: BigInt(rejectedRecords),
                errorMessage: message,
              },
            };
      const reference = create(ExportLogsServiceResponseSchema, partialSuccess);
      assert.deepEqual(bytes, toBinary(ExportLogsServiceResponseSchema, reference));
      assert.deepEqual(decodeExportResponse(bytes), { rejectedRecords, message });
    }),
  );
});

test('decodeExportResponse() skips unknown fields and takes an empty body as all accepted', () => {
  check('', { rejectedRecords: 0, message: '' });
  check('0a00', { rejectedRecords: 0, message: '' });
  check('1001' + '0a07' + '0805' + '120168' + '1807', { rejectedRecords: 5, message: 'h' });
});

test('decodeExportResponse() gives undefined for bytes that are no response', () => {
  check('0a', undefined);
  check('0a05', undefined);
  check('0a0208', undefined);
  check('ffffffffffffffffffffff', undefined);
  check(Buffer.from('<html>').toString('hex'), undefined);
  check('0a0b08ffffffffffffffffff01', undefined); // -1 records
});

test('decodeExportResponse() never throws, whatever the bytes', (context) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      decodeExportResponse(bytes);
    }),
    { numRuns: 8_000, seed: testSeed(context) },
  );
});
