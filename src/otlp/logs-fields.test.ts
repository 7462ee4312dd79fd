import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DescFile } from '@bufbuild/protobuf';
import { file_opentelemetry_proto_collector_logs_v1_logs_service as serviceFile } from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { file_opentelemetry_proto_common_v1_common as commonFile } from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import { file_opentelemetry_proto_logs_v1_logs as logsFile } from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { file_opentelemetry_proto_resource_v1_resource as resourceFile } from '../generated/opentelemetry/proto/resource/v1/resource_pb.js';
import { LogsField } from './logs-fields.ts';

test('LogsField has every field of the OTLP logs messages under its number', () => {
  const files: DescFile[] = [serviceFile, logsFile, resourceFile, commonFile];
  const described = files
    .flatMap((file) => file.messages)
    .filter((message) => message.name !== 'LogsData') // the same wire form as the request
    .map((message) => [
      message.name,
      Object.fromEntries(message.fields.map((field) => [field.name, field.number])),
    ]);
  assert.deepEqual(LogsField, Object.fromEntries(described));
});
