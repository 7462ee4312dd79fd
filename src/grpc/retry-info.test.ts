import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { Status } from '../errors.ts';
import { StatusSchema } from '../generated/google/rpc/status_pb.js';
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

const negativeOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
