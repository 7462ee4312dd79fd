// Scenario: of some connections one waits for memory with unread bytes, as many as may.
// Guarantees: the others are not read meanwhile, but who has memory for a message is; and all are
// read again when it does not wait any more, or is gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadCrowd } from '../../src/http2/read-crowd.ts';
import { KiB } from '../../src/limits.ts';
import { Http2Rig } from '../support/http2-rig.ts';
import { dataFrame } from '../support/raw-frames.ts';
import { ScriptedLanding } from '../support/scripted-landing.ts';

function connections() {
  const turns: (() => void)[] = [];
  const crowd = new ReadCrowd(1, (run) => turns.push(run));
  const landing = new ScriptedLanding(512 * KiB);
  const rig = () => new Http2Rig({ answers: false, landing, crowd });
  const rigs = { waiting: rig(), idle: rig(), sending: rig(), granted: rig() };
  const sendingId = rigs.sending.open();
  rigs.sending.handler(sendingId).stream.expect(100);
  const grantedId = rigs.granted.open();
  rigs.granted.handler(grantedId).stream.hold(0);
  landing.roomBytes = 0;
  rigs.waiting.post(Buffer.from('unread'));
  const paused = () =>
    Object.entries(rigs)
      .filter(([, { socket }]) => socket.isPaused)
      .map(([name]) => name);
  const turn = () => {
    for (const run of turns.splice(0)) run();
  };
  return { rigs, landing, paused, turn, sendingId, grantedId };
}

test('who has no memory is shut out while others wait, and let in when they do not', () => {
  const { rigs, landing, paused, turn, grantedId, sendingId } = connections();
  assert.deepEqual(paused(), ['waiting', 'idle', 'granted']);
  rigs.sending.send(dataFrame(sendingId, Buffer.alloc(100), { endStream: true }));
  assert.equal(rigs.sending.handler(sendingId).isEnded, true);
  rigs.granted.handler(grantedId).stream.expect(100);
  assert.deepEqual(paused(), ['waiting', 'idle'], 'read at once: it holds memory');
  assert.equal(rigs.idle.connection.isRead, false);
  landing.give(512 * KiB);
  while (paused().length > 0) turn();
  assert.equal(rigs.idle.connection.isRead, true);
});

test('who leaves while it waits shuts nobody out any more', () => {
  const { rigs, paused, turn } = connections();
  rigs.waiting.close();
  turn();
  turn();
  assert.deepEqual(
    paused().filter((name) => name !== 'waiting'),
    [],
  );
});
