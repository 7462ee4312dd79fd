// Scenario: curl posts numbered records to the HTTP receiver in every way that it has: HTTP/1.1 and
// HTTP/2, protobuf and JSON, plain and gzipped, with a length and without, and a large body that
// waits for `100 Continue`. Guarantees: 200 with the empty answer of the request's type; each
// record arrives once with the added attributes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type CurlOptions, runCurl } from '../support/peers/curl.ts';
import { numberedRequest, numberedRequestJson } from '../support/peers/numbered-request.ts';
import { byNumber, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startBothReceivers } from './interop-pipeline.ts';

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

const chunked = 'transfer-encoding: chunked';
const forms = {
  protobuf: { contentType: 'application/x-protobuf', encode: numberedRequest, emptyAnswer: '' },
  json: { contentType: 'application/json', encode: numberedRequestJson, emptyAnswer: '{}' },
} as const;

interface Post {
  readonly version: CurlOptions['version'];
  readonly form: keyof typeof forms;
  readonly gzip?: boolean;
  readonly headers?: readonly string[];
  readonly logCount?: number;
  readonly lineChars?: number;
}

/** Resolves with the headers of all answers, once everything else is as it should be. */
async function check(runId: string, post: Post): Promise<string> {
  const { files, sink, ports } = pipeline;
  const { version, gzip = false, headers = [], logCount = 100, lineChars = 40 } = post;
  const { contentType, encode, emptyAnswer } = forms[post.form];
  const body = encode({ runId, logCount, lineChars });
  const answer = await runCurl({
    ...{ port: ports.http, files, version, body: gzip ? gzipSync(body) : body },
    headers: [
      `content-type: ${contentType}`,
      ...(gzip ? ['content-encoding: gzip'] : []),
      ...headers,
    ],
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.version, version);
  assert.equal(answer.contentType, contentType);
  assert.equal(answer.body.toString(), emptyAnswer);
  checkArrivals(sink.requests, { runId, logCount, identity: byNumber });
  return answer.headers;
}

for (const version of ['1.1', '2'] as const) {
  for (const form of ['protobuf', 'json'] as const) {
    for (const [name, options] of Object.entries({
      plain: {},
      gzip: { gzip: true },
      'of unknown length': { headers: [chunked] },
      'gzip of unknown length': { gzip: true, headers: [chunked] },
    })) {
      const runId = `curl-${version}-${form}-${name}`;
      test(`engine forwards what curl posts, HTTP/${version}, ${form}, ${name}`, async () => {
        await check(runId, { version, form, ...options });
      });
    }
  }
}

// 3 MiB: larger than what a connection may send unasked, and than one window.
for (const version of ['1.1', '2'] as const) {
  test(`engine forwards 3 MiB that curl posts, HTTP/${version}`, async () => {
    const size = { logCount: 3_000, lineChars: 1_000 };
    await check(`curl-large-${version}`, { version, form: 'protobuf', ...size });
  });
}

test('engine says 100 Continue to curl, which sends 2 MiB only then', async () => {
  const headers = await check('curl-expect', {
    ...{ version: '1.1', form: 'protobuf', headers: ['expect: 100-continue'] },
    ...{ logCount: 2_000, lineChars: 1_000 },
  });
  assert.match(headers, /^HTTP\/1\.1 100 Continue\r\n/);
});
