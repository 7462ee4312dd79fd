// ExportLogsServiceRequests as the SDKs send them, made quickly in any size: for speed and for
// whole-system tests.

import { delimited, fixed64, text } from './wire-bytes.ts';

/**
 * Requests as the SDKs send them: one scope a resource, some 400 bytes a record. Large ones are
 * made quickly.
 */
export function typicalRequest(recordCount: number, resourceCount = 1): Uint8Array {
  const perResource = Math.ceil(recordCount / resourceCount);
  const resources: Uint8Array[] = [];
  for (let resource = 0; resource < resourceCount; resource++) {
    const records: Uint8Array[] = [];
    const first = resource * perResource;
    for (let index = first; index < Math.min(first + perResource, recordCount); index++) {
      records.push(delimited(2, typicalRecord(index)));
    }
    const scope = delimited(1, delimited(1, text('com.example.checkout.CartService')));
    const attributes = [
      attribute(1, 'service.name', 'checkout'),
      attribute(1, 'service.version', '2.4.1'),
      attribute(1, 'host.name', `node-${resource}`),
      attribute(1, 'telemetry.sdk.language', 'java'),
    ];
    resources.push(
      delimited(1, [delimited(1, attributes), delimited(2, [scope, ...records])].flat()),
    );
  }
  return Buffer.concat(resources);
}

function typicalRecord(index: number): Uint8Array {
  const time = fixed64(1_790_000_000_000_000_000n + BigInt(index) * 1_000_003n);
  return Buffer.concat(
    [
      [Uint8Array.of(0x09), time, Uint8Array.of(0x10, 9), delimited(3, text('INFO'))],
      [
        delimited(
          5,
          delimited(1, text(`order ${index} placed by user ${index * 7} in 41 ms, 3 items`)),
        ),
      ],
      [attribute(6, 'http.request.method', 'GET'), attribute(6, 'url.path', `/orders/${index}`)],
      [attribute(6, 'client.address', `10.0.3.${index % 250}`)],
      [attribute(6, 'user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/151.0')],
      [
        delimited(6, [
          delimited(1, text('http.response.status_code')),
          Uint8Array.of(0x12, 3, 0x18, 0xc8, 1),
        ]),
      ],
      [attribute(6, 'thread.name', `http-nio-8080-exec-${index % 20}`)],
      [
        delimited(9, new Uint8Array(16).fill(0xa0 + (index % 16))),
        delimited(10, new Uint8Array(8).fill(0xb1)),
      ],
      [Uint8Array.of(0x59), time],
    ].flat(),
  );
}

function attribute(field: number, key: string, value: string): Uint8Array {
  return delimited(field, [delimited(1, text(key)), delimited(2, delimited(1, text(value)))]);
}
