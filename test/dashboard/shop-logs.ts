// What the producers of these tests log: records of several services and severities, and some with
// text that wants to be more than text.

import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';

/** Markup, control characters, a direction override, and an end of the page's own script. */
export const evilBody =
  '<img src=x onerror="document.title=1"><b>bold</b></script>\u001b[31mred\u0007\u202egnp.exe';

const services = ['checkout', 'cart', 'payment', 'catalog'] as const;
const texts = [
  'GET /v1/orders 200 in 12 ms',
  'cache miss for article 4711, reading from the database',
  'payment provider answered late, trying again in 250 ms',
  'user 1042 put 3 of article 88 into the cart',
] as const;
const severities = [
  { severityNumber: 9, severityText: 'INFO' },
  { severityNumber: 9, severityText: 'INFO' },
  { severityNumber: 13, severityText: 'WARN' },
  { severityNumber: 17, severityText: 'ERROR' },
] as const;

/** One request of so many records. */
export function shopLogs(recordCount: number): Uint8Array {
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const resourceLogs = services.map((service, at) => ({
    resource: { attributes: [attribute('service.name', service), attribute('host.name', 'web-1')] },
    scopeLogs: [
      {
        scope: { name: 'shop' },
        logRecords: Array.from(
          { length: Math.ceil(recordCount / services.length) },
          (_, index) => ({
            timeUnixNano: nowNs + BigInt(index),
            ...severities[index % severities.length],
            body: text(index === 3 ? evilBody : (texts[(index + at) % texts.length] ?? '')),
            attributes: [
              attribute('http.route', '/v1/orders'),
              attribute('note', index === 3 ? evilBody : 'none'),
            ],
          }),
        ),
      },
    ],
  }));
  const request = create(ExportLogsServiceRequestSchema, { resourceLogs });
  return toBinary(ExportLogsServiceRequestSchema, request);
}

/** Nothing but a record that a downstream can be told to refuse: of others, producers are told. */
export function poisonedLogs(): Uint8Array {
  const logRecords = [{ body: text('poison') }];
  const resource = { attributes: [attribute('service.name', 'poisoner')] };
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }],
  });
  return toBinary(ExportLogsServiceRequestSchema, request);
}

function attribute(key: string, value: string) {
  return { key, value: text(value) };
}

function text(value: string) {
  return { value: { case: 'stringValue' as const, value } };
}
