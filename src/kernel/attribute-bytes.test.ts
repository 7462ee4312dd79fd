import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AnyValueSchema,
  KeyValueSchema,
} from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import { ResourceSchema } from '../generated/opentelemetry/proto/resource/v1/resource_pb.js';
import { type AttributeValue, encodeAttribute } from './attribute-bytes.ts';

type Kind = 'stringValue' | 'boolValue' | 'intValue' | 'doubleValue';

function check(key: string, value: AttributeValue, kind: Kind, decoded: unknown = value): void {
  // The table below pairs each kind with a value of its type.
  const anyValue = create(AnyValueSchema, { value: { case: kind, value: decoded } as never });
  const attribute = create(KeyValueSchema, { key, value: anyValue });
  const expected = toBinary(ResourceSchema, create(ResourceSchema, { attributes: [attribute] }));
  assert.deepEqual(Buffer.from(encodeAttribute(key, value)), Buffer.from(expected));
}

it('encodeAttribute() writes what @bufbuild/protobuf writes', () => {
  check('service.name', 'checkout', 'stringValue');
  check('k', 'x'.repeat(300), 'stringValue');
  check('schlüssel', '漢字 🚀', 'stringValue');
  check('flag', true, 'boolValue');
  check('flag', false, 'boolValue');
  check('double', 1.5, 'doubleValue');
  check('double', Number.NaN, 'doubleValue');
  check('double', -0, 'doubleValue');
});

it('encodeAttribute() writes integral numbers and bigints as int_value', () => {
  check('n', 0, 'intValue', 0n);
  check('n', 200, 'intValue', 200n);
  check('n', -1, 'intValue', -1n);
  check('n', Number.MAX_SAFE_INTEGER, 'intValue', 2n ** 53n - 1n);
  check('n', 2n ** 63n - 1n, 'intValue');
  check('n', -(2n ** 63n), 'intValue');
});

it('encodeAttribute() writes numbers beyond exact integers as double_value', () => {
  check('n', 2 ** 60, 'doubleValue');
});

it('encodeAttribute() refuses a bigint of more than 64 bits', () => {
  assert.throws(() => encodeAttribute('n', 2n ** 63n), { code: 'CONFIG' });
});
