import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openHttp1, post, until } from '../../test/support/http1-port.ts';
import { KiB } from '../limits.ts';

/** Sends `head` and looks at the answer of our own; the connection ends with it. */
async function checkRefused(context: TestContext, head: string, expected: string): Promise<void> {
  const port = await openHttp1(context);
  const client = port.client();
  client.send(head);
  assert.equal(await client.refusal(), expected);
  await client.closed();
  assert.equal(port.requests.length, 0, 'the handler never sees it');
  assert.deepEqual(port.events, [expected.split(' ')[1]]);
}

const refused = (status: number, code: string) => `${status} ${code} application/x-protobuf close`;

test('Http1Server refuses another expectation', (context) =>
  checkRefused(
    context,
    'POST / HTTP/1.1\r\nhost: a\r\nexpect: 200-ok, 100-continue\r\ncontent-length: 1\r\n\r\na',
    refused(417, 'HTTP_SYNTAX'),
  ));

const malformed: readonly [string, string][] = [
  ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\na',
  ],
  ['another coding', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
  ['chunks of HTTP/1.0', 'POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['no host', 'POST / HTTP/1.1\r\n\r\n'],
  ['two hosts', 'POST / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n'],
  ['no request at all', 'Hello, it is me\r\n\r\n'],
  ['a length that is no number', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n'],
  ['a control character', 'POST / HTTP/1.1\r\nhost: a\r\nx: a\u0000b\r\n\r\n'],
  ['a folded header', 'POST / HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n'],
  ['a bare line feed', 'POST / HTTP/1.1\nhost: a\n\n'],
];
for (const [what, head] of malformed) {
  test(`Http1Server answers HTTP_SYNTAX to ${what}`, (context) =>
    checkRefused(context, head, refused(400, 'HTTP_SYNTAX')));
}

test('Http1Server answers VERB to CONNECT', (context) =>
  checkRefused(
    context,
    'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n',
    refused(405, 'VERB'),
  ));

test('Http1Server answers VERB to CONNECT with a body that has not come', (context) =>
  checkRefused(
    context,
    'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\ncontent-length: 9\r\n\r\nabc',
    refused(405, 'VERB'),
  ));

test('Http1Server survives the preface of HTTP/2', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  await client.closed();
  assert.equal(port.requests.length, 0);
});

test('Http1Server stays with HTTP/1.1 when asked for an upgrade', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send(post('/a', 'body', 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\n'));
  assert.equal((await client.answer())?.body, '/a body');
  client.send(post('/b', ''));
  assert.equal((await client.answer())?.body, '/b ');
});

test('Http1Server answers HEADERS_TOO_LARGE to a header of more than 16 KiB', (context) =>
  checkRefused(
    context,
    `POST / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(17 * KiB)}\r\n\r\n`,
    refused(431, 'HEADERS_TOO_LARGE'),
  ));

test('Http1Server counts 32 bytes for each field of a header', (context) =>
  checkRefused(
    context,
    `POST / HTTP/1.1\r\nhost: a\r\n${`x: ${'x'.repeat(150)}\r\n`.repeat(95)}\r\n`,
    refused(431, 'HEADERS_TOO_LARGE'),
  ));

for (const count of [100, 1_500]) {
  test(`Http1Server answers HEADERS_TOO_LARGE to ${count + 1} fields`, (context) =>
    checkRefused(
      context,
      `POST / HTTP/1.1\r\nhost: a\r\n${'x:\r\n'.repeat(count)}\r\n`,
      refused(431, 'HEADERS_TOO_LARGE'),
    ));
}

for (const fields of [`x: ${'x'.repeat(17 * KiB)}\r\n`, 'x:\r\n'.repeat(1_500)]) {
  test(`Http1Server names both bounds to a header of ${fields.length} bytes`, async (context) => {
    const port = await openHttp1(context);
    const client = port.client();
    client.send(`POST / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`);
    // Node's parser says the same of both.
    assert.match((await client.answer())?.body ?? '', /more than 16384 bytes or 100 fields/);
  });
}

test('Http1Server answers what came before the bytes that are no request', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send(`${post('/1', 'a')}${post('/2', 'b')}garbage\r\n\r\n`);
  await until(() => port.requests[1]?.ended === true);
  port.requests[1]!.answer('two');
  port.requests[0]!.answer('one');
  assert.equal((await client.answer())?.body, 'one');
  assert.equal((await client.answer())?.body, 'two');
  assert.equal(await client.refusal(), refused(400, 'HTTP_SYNTAX'));
  assert.deepEqual(await client.closed(), []);
});

test('Http1Server answers HTTP_SYNTAX to a broken chunk and closes the stream', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
  await until(() => port.requests[0]?.body === 'abc');
  client.send('no chunk\r\n');
  assert.equal(await client.refusal(), refused(400, 'HTTP_SYNTAX'));
  await client.closed();
  const { ended, closedCount } = port.requests[0]!;
  assert.deepEqual([ended, closedCount], [false, 1]);
});
