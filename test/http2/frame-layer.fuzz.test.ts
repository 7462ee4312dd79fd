// Scenario: what good clients write, cut anywhere, and damaged copies of it, go to connections over
// the real receiver, while time passes, answers come late and memory runs out.
// Guarantees: nothing throws; nothing is delivered that did not arrive, or after the end; every
// stream is closed once; what is written is HTTP/2 and concerns streams that exist; and when the
// socket is gone, no memory, no credit and no timer is left. Where the pieces are cut changes
// nothing.
//
// GOPHERSHIP_FUZZ_COUNT sets the number of damaged connections, GOPHERSHIP_SEED the random numbers.

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { AcceptStream } from '../../src/http2/server-stream.ts';
import { ConnectionAbuse } from '../../src/memory/connection-abuse.ts';
import { Http2Rig, RigHandler } from '../support/http2-rig.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { mutateFrames } from './frame-mutations.ts';
import { FuzzConnections } from './fuzz-connection.ts';
import { recordedClients } from './recorded-clients.ts';

const damagedCount = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 5_000);
const cutCount = Math.max(300, Math.ceil(damagedCount / 20));
const recordedSeed = 20_261_125;

describe('ServerConnection with any bytes', () => {
  let recorded: readonly Uint8Array[] = [];

  before(async () => {
    recorded = await recordedClients(new SeededRandom(recordedSeed));
  });

  it('takes what good clients write, whole', async (context) => {
    const connections = new FuzzConnections(new SeededRandom(testSeed(context)));
    for (const bytes of recorded) await connections.run(bytes);
    assert.ok(connections.reached.accepted > 0);
    assert.ok(connections.reached.streams >= recorded.length);
  });

  it(`cut in ${cutCount} ways, says and delivers the same`, (context) => {
    const random = new SeededRandom(testSeed(context));
    const whole = recorded.map((bytes) => eventsOf([bytes]));
    for (let count = 0; count < cutCount; count += 1) {
      const index = smallFirst(random, recorded.length);
      assert.deepEqual(eventsOf(cut(random, recorded[index]!)), whole[index]);
    }
  });

  it(`survives ${damagedCount} damaged connections`, async (context) => {
    const random = new SeededRandom(testSeed(context));
    const connections = new FuzzConnections(random);
    for (let count = 0; count < damagedCount; count += 1) {
      const source = recorded[smallFirst(random, recorded.length)]!;
      const bytes = mutateFrames(random, source, random.pick(recorded));
      try {
        await connections.run(bytes);
      } catch (error) {
        context.diagnostic(`connection ${count}: ${Buffer.from(bytes).toString('base64')}`);
        throw error;
      }
    }
    const { abuses, ...reached } = connections.reached;
    const names = Object.entries(ConnectionAbuse).filter(([, abuse]) => abuses.has(abuse));
    context.diagnostic(JSON.stringify(reached));
    context.diagnostic(names.map(([name, abuse]) => `${name} ${abuses.get(abuse)}`).join(', '));
  });
});

/** The small ones are fast, and find as much. */
function smallFirst(random: SeededRandom, count: number): number {
  return Math.min(random.below(count), random.below(count), random.below(count));
}

function cut(random: SeededRandom, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const sizeBytesMax = random.pick([1, 10, 100, 1_000, 30_000]);
  const few = bytes.length > 200 * sizeBytesMax;
  for (let at = 0; at < bytes.length; ) {
    const isLarge = few && !random.oneIn(20);
    const end = at + 1 + random.below(isLarge ? 5_000 : sizeBytesMax);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** What handlers and the client see, but for credit, which comes when it is due. */
function eventsOf(pieces: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  const accept: AcceptStream = (stream) => {
    const handler = new RigHandler(stream, true);
    const body: Buffer[] = [];
    stream.expect(1_000_000);
    events.push(`open ${stream.method} ${stream.path} ${stream.headerListSizeBytes}`);
    return {
      data(source, from, to) {
        body.push(Buffer.from(source.subarray(from, to)));
        handler.data(source, from, to);
      },
      end() {
        events.push(`end ${Buffer.concat(body).toString('latin1')}`);
        handler.end();
      },
      closed: () => events.push('closed'),
    };
  };
  const rig = new Http2Rig({ accept, settings: false });
  const said: string[] = [];
  for (const piece of pieces) {
    rig.send(piece);
    said.push(...rig.read());
  }
  rig.close();
  return [...events, ...said.filter((line) => !line.startsWith('WINDOW_UPDATE'))];
}
