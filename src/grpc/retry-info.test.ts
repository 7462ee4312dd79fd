import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, createRegistry, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { Status } from '../errors.ts';
import {
  BadRequestSchema,
  RetryInfoSchema,
  StatusSchema,
} from '../generated/google/rpc/status_pb.js';
import {
  decodeStatus,
  decodeStatusDetailsHeader,
  encodeStatus,
  encodeStatusDetailsHeader,
  encodeStatusJson,
} from './retry-info.ts';

// protocol.md section 1: UNAVAILABLE, "VAULT_FULL", 5 s.
const knownAnswer =
  'CA4SClZBVUxUX0ZVTEwaMAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIECgIIBQ';
const knownDetails = { code: Status.Unavailable, message: 'VAULT_FULL', retryDelayMs: 5_000 };

test('encodeStatusDetailsHeader() gives the known answer', () => {
  assert.equal(encodeStatusDetailsHeader(knownDetails), knownAnswer);
});

test('decodeStatusDetailsHeader() reads it with and without padding, and the first of a repeated header', () => {
  for (const header of [
    knownAnswer,
    `${knownAnswer}=`,
    `${knownAnswer}==`,
    `${knownAnswer}, AAAA`,
  ]) {
    const details = decodeStatusDetailsHeader(header);
    assert.deepEqual(details, { ...knownDetails, badRequest: undefined });
  }
});

test('decodeStatus() gives back what encodeStatus() wrote', () => {
  const badRequest = { field: 'resource_logs[0]', description: 'no such thing' };
  for (const retryDelayMs of [undefined, 0, 1, 999, 1_000, 1_500, 86_400_000]) {
    const details = { code: 3, message: 'é', retryDelayMs, badRequest };
    assert.deepEqual(decodeStatus(encodeStatus(details)), details);
  }
});

test('decodeStatus() passes over broken details and gives up on broken bytes', () => {
  const typeUrl = 'type.googleapis.com/google.rpc.RetryInfo';
  const broken = { typeUrl, value: Uint8Array.of(0x0a, 0x05, 0x01) };
  const other = { typeUrl: 'type.googleapis.com/example.Unknown', value: Uint8Array.of(1) };
  const negative = { typeUrl, value: Uint8Array.of(0x0a, 0x0b, 0x08, ...negativeOne) };
  const status = create(StatusSchema, { code: 14, details: [broken, other, negative] });
  const details = decodeStatus(toBinary(StatusSchema, status));
  assert.equal(details?.retryDelayMs, 0);
  assert.equal(decodeStatus(Uint8Array.of(0x0a, 0xff)), undefined);
});

test('encodeStatusJson() follows the JSON mapping of Any and Duration', () => {
  assert.deepEqual(JSON.parse(encodeStatusJson({ ...knownDetails, retryDelayMs: 1_500 })), {
    code: 14,
    message: 'VAULT_FULL',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.500s' }],
  });
});

test('encodeStatus() and decodeStatus() agree with @bufbuild/protobuf, byte for byte', (context) => {
  const registry = createRegistry(RetryInfoSchema, BadRequestSchema);
  const plain = { noNullPrototype: true };
  const texts = { field: fc.string(), description: fc.string({ unit: 'binary' }) };
  const fields = {
    code: fc.integer({ min: 1, max: 16 }),
    message: fc.string({ unit: 'grapheme' }),
    retryDelayMs: fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: undefined }),
    badRequest: fc.option(fc.record(texts, plain), { nil: undefined }),
  };
  fc.assert(
    fc.property(fc.record(fields, plain), fc.uint8Array({ maxLength: 40 }), (expected, noise) => {
      const bytes = encodeStatus(expected);
      const status = fromBinary(StatusSchema, bytes);
      assert.deepEqual(Buffer.from(toBinary(StatusSchema, status)), Buffer.from(bytes));
      assert.deepEqual(decodeStatus(bytes), expected);
      const json = toJson(StatusSchema, status, { registry });
      const ours = JSON.parse(encodeStatusJson(expected));
      assert.deepEqual(withoutEmptyTexts(ours), withoutEmptyTexts(json));
      decodeStatus(noise); // whatever it is, it does not throw
    }),
    { seed: testSeed(context), numRuns: 500 },
  );
});

/** An empty string is the default, which the JSON mapping may leave out or not. */
function withoutEmptyTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, inner) => (inner === '' ? undefined : inner)));
}

const negativeOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
