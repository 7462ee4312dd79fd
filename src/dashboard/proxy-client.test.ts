import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Fetch, ProxyClient } from './proxy-client.ts';
import type { StreamPlaces } from './stream-places.ts';

/** Of streams that are open. */
let placesTaken = 0;
const places: StreamPlaces = {
  async take() {
    placesTaken += 1;
    return () => {
      placesTaken -= 1;
    };
  },
};

function clientOf(answer: (path: string, init: RequestInit) => Response): ProxyClient {
  const fetch: Fetch = async (path, init) => answer(path, init);
  return new ProxyClient(fetch, 'secret', places);
}

const watched = (client: ProxyClient) =>
  Array.fromAsync(client.stream('ControlService/WatchStatus', {}, new AbortController().signal));

describe('ProxyClient', () => {
  it('call() posts JSON with the bearer and without cookies', async () => {
    const client = clientOf((path, { headers, body, credentials }) => {
      assert.equal(path, '/rpc/gophership.control.v1.ControlService/ListEvents');
      assert.deepEqual(headers, {
        'content-type': 'application/json',
        authorization: 'Bearer secret',
      });
      assert.deepEqual([body, credentials], ['{"last":2}', 'omit']);
      return Response.json({ events: [] });
    });
    assert.deepEqual(await client.call('ControlService/ListEvents', { last: 2 }), { events: [] });
  });

  it('call() throws what the engine says', async () => {
    const body = { code: 'permission_denied', message: 'CONTROL_DENIED: needs an operator' };
    const client = clientOf(() => Response.json(body, { status: 403 }));
    await assert.rejects(client.call('ControlService/GetStatus', {}), { code: 'CONTROL_DENIED' });
  });

  it('call() throws a fault where there is no answer, and where it is no JSON', async () => {
    const gone = clientOf(() => {
      throw new TypeError('fetch failed');
    });
    const html = clientOf(() => new Response('<html>', { status: 200 }));
    const gateway = clientOf(() => new Response('<html>', { status: 502 }));
    await assert.rejects(gone.call('ControlService/GetStatus', {}), { kind: 'silent' });
    await assert.rejects(html.call('ControlService/GetStatus', {}), { code: 'NO_ANSWER' });
    await assert.rejects(gateway.call('ControlService/GetStatus', {}), { text: /HTTP 502/ });
  });

  it('stream() gives each message, and ends with the line that says so', async () => {
    const client = clientOf(
      () => new Response('{"message":{"heartbeat":"ZONE_RED"}}\n{"end":true}\n'),
    );
    assert.deepEqual(await watched(client), [{ heartbeat: 'ZONE_RED' }]);
  });

  it('stream() throws where it breaks, with or without a word', async () => {
    const error = '{"error":{"code":"unavailable","message":"UNREACHABLE: no engine"}}\n';
    await assert.rejects(watched(clientOf(() => new Response(error))), { code: 'UNREACHABLE' });
    await assert.rejects(watched(clientOf(() => new Response('{"message":{}}\n'))), {
      code: 'NO_ANSWER',
    });
  });

  it('stream() holds a place until it ends, breaks, is refused or left, and calls hold none', async () => {
    const message = '{"message":{}}\n';
    const open = clientOf(() => new Response(message + message));
    const signal = new AbortController().signal;
    for await (const _ of open.stream('ControlService/WatchStatus', {}, signal)) {
      assert.equal(placesTaken, 1);
      break;
    }
    assert.equal(placesTaken, 0);
    await watched(clientOf(() => new Response(`${message}{"end":true}\n`)));
    await assert.rejects(watched(open));
    await assert.rejects(watched(clientOf(() => new Response('', { status: 429 }))));
    const calling = clientOf(() => Response.json({ taken: placesTaken }));
    assert.deepEqual(await calling.call('ControlService/GetStatus', {}), { taken: 0 });
    assert.equal(placesTaken, 0);
  });
});
