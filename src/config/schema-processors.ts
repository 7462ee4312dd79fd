// Enrichment: the processors of version 1, with the key names of the Collector's processors.

import { z } from 'zod';
import { componentMap } from './component-map.ts';
import {
  block,
  choice,
  choiceList,
  duration,
  flag,
  list,
  noEffect,
  refused,
  relation,
  text,
  told,
} from './schema-keys.ts';

const int64Max = 2n ** 63n - 1n;

const attributeValue = told(
  z.union(
    [
      z.string().max(4096),
      z.boolean(),
      z.number(),
      z
        .bigint()
        .min(-int64Max - 1n)
        .max(int64Max),
    ],
    'must be a text of at most 4096 characters, a number of 64 bits, true or false',
  ),
  {
    effect: 'honoured',
    type: 'text, number, true or false',
    reason: 'what the attribute is set to; its type is kept',
    exactIntegers: true,
    secret: true,
  },
);

const staticOnly = 'attributes take static values, also from variables';
const action = relation(
  block('one change', {
    key: text('attribute, as deployment.environment.name', { lengthMax: 256 }),
    action: choice(
      ['insert', 'update', 'upsert', 'delete'],
      'insert: when missing; update: when there; upsert: both; delete: removes it',
    ),
    value: attributeValue.optional(),
    from_attribute: refused(staticOnly),
    from_context: refused(staticOnly),
    pattern: refused('version 1 knows insert, update, upsert and delete'),
    converted_type: refused('version 1 knows insert, update, upsert and delete'),
  }),
  (change, report) => {
    if (change.action === 'delete' && change.value !== undefined) {
      report(['value'], 'delete takes no value');
    }
    if (change.action !== 'delete' && change.value === undefined) report(['value'], 'required');
  },
);

const resource = block('changes resource attributes', {
  attributes: list(action, 64, 'changes, in this order'),
});

const resourcedetection = block('adds what is known about this host to resource attributes', {
  detectors: choiceList(
    ['env', 'system', 'container', 'k8s'],
    'where to look, the first wins; env: OTEL_RESOURCE_ATTRIBUTES, k8s: variables of the ' +
      'downward API',
  ).prefault(['env', 'system']),
  override: flag('true: a detected value replaces what the producer sent').prefault(true),
  timeout: noEffect('only local files and variables are read'),
  system: noEffect('host.name is the name that the kernel has'),
  attributes: refused('name what you do not want in a resource processor with action delete'),
});

const batch = block(
  'its timeout becomes sending_queue.batch.flush_timeout; exporters batch by bytes',
  {
    timeout: duration('0', '1m', 'flush timeout of exporters that set none').optional(),
    send_batch_size: noEffect('sending_queue.batch.min_size counts bytes'),
    send_batch_max_size: noEffect('sending_queue.batch.max_size counts bytes'),
    metadata_keys: noEffect('request metadata is not kept'),
    metadata_cardinality_limit: noEffect('request metadata is not kept'),
  },
);

const processorSchemas = {
  resource,
  resourcedetection,
  batch,
  memory_limiter: noEffect('memory.limit_mib bounds the process'),
};

export const processors = componentMap('enrichment, by id: type or type/name', {
  schemas: processorSchemas,
  renamed: { resource_detection: 'resourcedetection' },
  otherTypes: 'not in version 1, which has resource, resourcedetection and batch',
});

export type ProcessorBlock = z.output<typeof processors>[number];
