import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type Http1Client,
  type Http1Port,
  openHttp1,
  post,
  type SeenRequest,
  until,
} from '../../test/support/http1-port.ts';
import { KiB, MiB } from '../limits.ts';
import { LandingPool } from '../memory/landing-pool.ts';

/** Turns a test that hangs into one that fails. */
const hangs = { timeout: 10_000 };
/** Of the certificate that all of them show. */
const identity = 'O=GopherShip, OU=gophership-operator, CN=test-producer';
const body = 'x'.repeat(20 * KiB);

/** Other connections of the client may send for ever what needs the whole landing pool. */
class Busy {
  readonly landing = new LandingPool(new Uint8Array(MiB), { offsetBytes: 0, sizeBytes: MiB });
  /** Wait for memory, in order of arrival. */
  readonly held: { readonly request: SeenRequest; give(): void }[] = [];
  heldCountMost = 0;
  port!: Http1Port; // open() sets it

  static async open(context: TestContext): Promise<Busy> {
    const busy = new Busy();
    const { landing } = busy;
    landing.newcomers.expect(identity);
    landing.expect(MiB);
    busy.port = await openHttp1(context, { landing });
    busy.port.script = (request) => busy.#hold(request);
    return busy;
  }

  /** Connections that are not read; who is idle cannot be told from who has sent. */
  async clients(count: number): Promise<Http1Client[]> {
    const { server } = this.port;
    const allCount = server.connectionCount + count;
    const clients = Array.from({ length: count }, () => this.port.client());
    await until(() => server.connectionCount === allCount);
    return clients;
  }

  /** With memory for one at a time, 200 ms after the one before. */
  async passes(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 50) {
      this.port.secure.clock.advance(50);
      await turns();
      this.heldCountMost = Math.max(this.heldCountMost, this.held.length);
      if (passedMs % 200 === 0) this.held.shift()?.give();
      await turns();
    }
  }

  #hold(request: SeenRequest): void {
    const chain = this.landing.land();
    const entry = {
      request,
      give: () => {
        chain.release();
        request.onData = () => {};
        request.onEnd = () => request.answer('taken');
        request.stream.expect(body.length);
        if (request.ended) request.onEnd();
      },
    };
    request.onData = (sizeBytes) => {
      assert.ok(chain.append(Buffer.alloc(sizeBytes), 0, sizeBytes), 'lost');
      if (!this.held.includes(entry)) this.held.push(entry);
      request.stream.hold(sizeBytes);
    };
  }
}

async function turns(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await new Promise(setImmediate);
}

test('Http1Server reads everybody in turn who is kept out by what others may send', async (context) => {
  const busy = await Busy.open(context);
  await busy.clients(20); // idle
  const clients = await busy.clients(6);
  const answered = clients.map(() => 0);
  for (const [index, client] of clients.entries()) {
    client.send(post('/', body));
    void (async () => {
      while ((await client.status()) === 200) {
        answered[index]! += 1; // of six
        client.send(post('/', body));
      }
    })();
  }
  await busy.passes(20_000);
  assert.ok(Math.min(...answered) >= 5, `${answered}`);
  assert.equal(busy.heldCountMost, 1, 'one at a time');
});

test('Http1Server lets who is idle take no time of those who come late', async (context) => {
  const busy = await Busy.open(context);
  await busy.clients(30);
  const [client] = await busy.clients(1);
  client!.send(post('/', body)); // one
  busy.port.secure.clock.advance(1_000);
  await turns();
  assert.equal(busy.held.length, 0);
  for (let count = 0; count < 50 && busy.held.length === 0; count += 1) {
    busy.port.secure.clock.advance(1);
    await turns();
  }
  assert.equal(busy.held.length, 1);
});

test('Http1Server: while the pool is half full, who comes late waits for eight seconds', async (context) => {
  const busy = await Busy.open(context);
  const [client] = await busy.clients(1);
  client!.send(post('/', body)); // one
  const sizeBytes = busy.landing.sizeBytes / 2 + 1;
  assert.ok(busy.landing.land().append(new Uint8Array(sizeBytes), 0, sizeBytes));
  await busy.passes(7_950);
  assert.equal(busy.port.requests.length, 0);
  await busy.passes(150);
  assert.equal(busy.port.requests.length, 1);
});

test('Http1Server reads nobody late while another comes late, over whichever protocol', async (context) => {
  const busy = await Busy.open(context);
  const [client] = await busy.clients(1);
  const { late } = busy.landing;
  assert.equal(late.take('CN=another'), true);
  client!.send(post('/', body)); // one
  await busy.passes(20_000);
  assert.equal(busy.port.requests.length, 0);
  late.leave('CN=another');
  await busy.passes(150);
  assert.equal(busy.port.requests.length, 1);
});

test('Http1Server lets a newcomer in while another comes late', async (context) => {
  const busy = await Busy.open(context);
  const { late, newcomers } = busy.landing;
  assert.equal(late.take('CN=greedy'), true);
  const places = ['CN=a', 'CN=b', 'CN=c'].map((modest) => newcomers.take(modest));
  assert.deepEqual(places, [true, true, false], 'as many as without it');
  late.leave('CN=greedy');
});

test('Http1Server reads who holds nothing where there is room for a first one', async (context) => {
  const busy = await Busy.open(context);
  const [client] = await busy.clients(1);
  client!.send(post('/', body)); // one
  busy.landing.expect(-MiB);
  const chain = busy.landing.land();
  chain.append(Buffer.alloc(MiB), 0, MiB / 2);
  assert.deepEqual([busy.landing.roomBytes, busy.landing.firstRoomBytes], [0, MiB / 4]);
  await turns();
  assert.equal(busy.port.requests.length, 1);
  chain.release();
});

const ends: Record<string, (busy: Busy) => void> = {
  'is ended by us': ({ port }) => port.server.destroyAll(),
  'is refused at its deadline': ({ port }) => port.requests[0]!.answer('too late', 503),
  'has memory': (busy) => busy.held[0]!.give(),
};

for (const [what, end] of Object.entries(ends)) {
  test(
    `Http1Server takes back the place of one that came late and ${what}`,
    hangs,
    async (context) => {
      const busy = await Busy.open(context);
      const [client] = await busy.clients(1);
      const { late, newcomers } = busy.landing;
      client!.send(post('/', body).slice(0, -1)); // one
      busy.port.secure.clock.advance(1_000);
      await turns();
      await until(() => busy.held.length === 1);
      assert.equal(late.isFree, false);
      end(busy);
      await until(() => late.isFree);
      assert.equal(newcomers.holderCount, 0);
    },
  );
}

test('Http1Server takes back the place of one that ends while it is looked at', async (context) => {
  const busy = await Busy.open(context);
  const { server, secure } = busy.port;
  await busy.clients(1);
  secure.clock.advance(1_000);
  assert.equal(busy.landing.late.isFree, false);
  server.closeGracefully();
  assert.equal(busy.landing.newcomers.holderCount, 0);
  await turns();
});
