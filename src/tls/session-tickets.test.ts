import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { testCertificates } from '../../test/support/certificates.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import {
  firstBytes,
  material,
  SecurePort,
  type SecurePortOptions,
} from '../../test/support/secure-port.ts';
import { peerIdentity } from './peer-identity.ts';
import { listenerContext } from './server-context.ts';
import { createTicketSecret, sessionTicketKeys } from './session-tickets.ts';

/** What the server knows of the client: how it came in, and who it is. */
function introduce(socket: TLSSocket): void {
  const way = socket.isSessionReused() ? 'resumed' : 'verified';
  socket.write(`${way} ${socket.authorized} ${peerIdentity(socket)?.producerName}`);
}

async function open(context: TestContext, options: SecurePortOptions): Promise<SecurePort> {
  const port = await SecurePort.start({ secured: introduce, ...options });
  context.after(() => port.stop());
  return port;
}

/** What a client is told that comes with a ticket, or without one. */
async function visit(port: SecurePort, session?: Buffer): Promise<string> {
  return await firstBytes(port.dial(session === undefined ? {} : { session }));
}

async function takeTicket(port: SecurePort): Promise<Buffer> {
  const socket = port.dial();
  const ticket = new Promise<Buffer>((resolve) => {
    socket.once('session', resolve);
  });
  assert.equal(await firstBytes(socket), 'verified true test-producer');
  return await ticket;
}

test('sessionTicketKeys() is the same for the same secret and material only', async () => {
  const { caPem, otherCaPem, server, otherServer } = await testCertificates();
  const secret = createTicketSecret();
  const keys = sessionTicketKeys(secret, material(caPem, server));
  assert.equal(keys.length, 48);
  assert.deepEqual(sessionTicketKeys(secret, material(caPem, server)), keys);
  assert.notDeepEqual(sessionTicketKeys(createTicketSecret(), material(caPem, server)), keys);
  assert.notDeepEqual(sessionTicketKeys(secret, material(otherCaPem, server)), keys);
  assert.notDeepEqual(sessionTicketKeys(secret, material(caPem, otherServer)), keys);
});

test('sessionTicketKeys() lets a client resume at another shard, and it is who it was', async (context) => {
  const { caPem, server } = await testCertificates();
  const ticketKeys = sessionTicketKeys(createTicketSecret(), material(caPem, server));
  const one = await open(context, { ticketKeys });
  const two = await open(context, { ticketKeys });
  const ticket = await takeTicket(one);
  assert.equal(await visit(two, ticket), 'resumed true test-producer');
  assert.equal(await visit(one, ticket), 'resumed true test-producer');
});

test('sessionTicketKeys() of another secret do not let a client resume', async (context) => {
  const { caPem, server } = await testCertificates();
  const keys = () => sessionTicketKeys(createTicketSecret(), material(caPem, server));
  const one = await open(context, { ticketKeys: keys() });
  const two = await open(context, { ticketKeys: keys() });
  assert.equal(await visit(two, await takeTicket(one)), 'verified true test-producer');
});

test('sessionTicketKeys() ends all tickets when the material changes', async (context) => {
  const { caPem, otherCaPem, server } = await testCertificates();
  const secret = createTicketSecret();
  const before = material(caPem, server);
  const port = await open(context, { ticketKeys: sessionTicketKeys(secret, before) });
  const ticket = await takeTicket(port);
  const same = listenerContext(before, sessionTicketKeys(secret, before));
  port.listener.setSecureContext(same);
  assert.equal(await visit(port, ticket), 'resumed true test-producer');

  const both = material(caPem + otherCaPem, server);
  port.listener.setSecureContext(listenerContext(both, sessionTicketKeys(secret, both)));
  assert.equal(await visit(port, ticket), 'verified true test-producer');

  const other = material(otherCaPem, server);
  port.listener.setSecureContext(listenerContext(other, sessionTicketKeys(secret, other)));
  assert.equal(await visit(port, ticket), 'closed', 'its authority is not trusted now');
});

test('SecureListener refuses to resume a session whose certificate has expired', async (context) => {
  let wallMs = Date.now();
  class LaterClock extends FakeClock {
    override wallMs(): number {
      return wallMs;
    }
  }
  const port = await open(context, { clock: new LaterClock() });
  const ticket = await takeTicket(port);
  assert.equal(await visit(port, ticket), 'resumed true test-producer');
  wallMs += 8 * 86_400_000;
  assert.equal(await visit(port, ticket), 'closed');
  assert.equal(port.events.at(-1), 'failed CERT_HAS_EXPIRED 127.0.0.1');
});
