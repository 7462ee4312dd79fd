// Which components run, in which order; and the sections around them.

import { block, choice, list, noEffect, refused, text } from './schema-keys.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

const id = text('id of a component', { lengthMax: 200 });

const logsPipeline = block('the one pipeline', {
  receivers: list(id, 1, 'otlp'),
  processors: list(id, 32, 'applied in this order').prefault([]),
  exporters: list(id, 16, 'each gets every batch'),
});

const pipelines = block(
  'one pipeline, logs',
  { logs: logsPipeline },
  {
    unknownKeys: 'refused: version 1 has one pipeline, logs; other signals are not received',
  },
);

export const service = block('what runs', {
  pipelines,
  telemetry: block("the Collector's place for the log level", {
    logs: block('process log', {
      level: choice(logLevels, 'telemetry.logs.level has precedence').optional(),
      encoding: noEffect('telemetry.logs.format'),
      development: noEffect('there is one mode'),
      sampling: noEffect('one line per code in 10 s'),
      output_paths: noEffect('stderr'),
      error_output_paths: noEffect('stderr'),
      initial_fields: noEffect('lines have fixed fields'),
    }).prefault({}),
    metrics: noEffect('/metrics on the control port'),
    traces: noEffect('the engine makes no traces'),
    resource: noEffect('OTEL_RESOURCE_ATTRIBUTES'),
  }).prefault({}),
  extensions: noEffect('there are none; health is on the control port'),
});

/** Top-level sections of the Collector. */
export const collectorSections = {
  extensions: noEffect('there are none; health is on the control port'),
  connectors: refused('version 1 has one pipeline'),
};
