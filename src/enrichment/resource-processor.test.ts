import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessorConfig, ResourceDetectionConfig } from '../config/config.ts';
import type { DetectedResource } from './resource-detection.ts';
import { planEnrichment, spliceOps } from './resource-processor.ts';

const detected: DetectedResource = {
  env: [
    ['a', 'env'],
    ['b', 'env'],
  ],
  system: [
    ['b', 'system'],
    ['c', 'system'],
  ],
  container: [],
  k8s: [],
};

function detection(override: boolean, ...detectors: ResourceDetectionConfig['detectors']) {
  return { id: 'resourcedetection', kind: 'resourcedetection', detectors, override } as const;
}

test('spliceOps() keeps the pipeline order; the first detector of a processor decides', () => {
  const processors: ProcessorConfig[] = [
    detection(false, 'env', 'system'),
    {
      id: 'resource',
      kind: 'resource',
      attributes: [
        { key: 'a', action: 'delete', value: undefined },
        { key: 'n', action: 'update', value: 3n },
      ],
    },
    detection(true, 'system'),
  ];
  assert.deepEqual(spliceOps(processors, detected), [
    { key: 'a', action: 'insert', value: 'env' },
    { key: 'b', action: 'insert', value: 'env' },
    { key: 'c', action: 'insert', value: 'system' },
    { key: 'a', action: 'delete', value: undefined },
    { key: 'n', action: 'update', value: 3n },
    { key: 'b', action: 'upsert', value: 'system' },
    { key: 'c', action: 'upsert', value: 'system' },
  ]);
});

test('planEnrichment() is empty when nothing is to be changed', () => {
  assert.equal(planEnrichment([], detected).length, 0);
  assert.equal(planEnrichment([detection(true, 'k8s')], detected).length, 0);
  assert.ok(planEnrichment([detection(true, 'env')], detected).length > 0);
});
