import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scheduleConfig as config, Requests } from '../../test/exporter/schedule-rig.ts';

test('next() sends a backlog at full speed while nothing comes live', () => {
  const requests = new Requests();
  requests.add(40, true);
  // Whole requests, on all consumers but the one that what comes live finds.
  assert.deepEqual(requests.start(), ['backlog 8', 'backlog 8', 'backlog 8']);
  requests.end();
  assert.deepEqual(requests.start(), ['backlog 8']);
});

test('next() starts what comes live at once, however much backlog waits or is under way', () => {
  const requests = new Requests();
  requests.add(100, true);
  requests.start();
  requests.add(1, false);
  assert.deepEqual(requests.start(), ['live 1']);
  assert.equal(requests.inFlight.length, config.consumersMax);
});

test('next() sends a backlog one small request at a time for a second after a live batch', () => {
  const requests = new Requests();
  requests.add(1, false);
  requests.add(100, true);
  assert.deepEqual(requests.start(), ['live 1', 'backlog 2']);
  for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 100) {
    for (const request of [...requests.inFlight]) requests.end(request);
    assert.deepEqual(requests.start(), ['backlog 2']);
    assert.equal(requests.waitMs, Number.POSITIVE_INFINITY);
    requests.clock.advance(100);
  }
  requests.end();
  assert.deepEqual(requests.start(), ['backlog 8', 'backlog 8', 'backlog 8']);
});

test('next() leaves a batch of the backlog whole that is larger than a small request', () => {
  const requests = new Requests();
  requests.add(1, false);
  requests.add(2, true, 3 * config.batch.sizeBytesMin);
  assert.deepEqual(requests.start(), ['live 1', 'backlog 1']);
});

test('next() gathers what comes live behind live requests, and not behind a backlog', () => {
  const requests = new Requests();
  requests.add(1, false);
  assert.deepEqual(requests.start(), ['live 1']);
  requests.add(1, false);
  assert.deepEqual(requests.start(), []);
  assert.equal(requests.waitMs, config.batch.flushTimeoutMs);
  requests.add(4, true);
  requests.end();
  assert.deepEqual(requests.start(), ['live 1', 'backlog 2']);
  requests.end();
  requests.end();
  requests.clock.advance(1_000);
  assert.deepEqual(requests.start(), ['backlog 2']);
  requests.add(1, false);
  assert.deepEqual(requests.start(), ['live 1']);
});

test('next() lets live requests go on while the one of the backlog takes long', () => {
  const requests = new Requests();
  requests.topUp(20);
  while (!requests.inFlight.some(({ isBacklog }) => isBacklog)) {
    requests.start();
    if (requests.inFlight[0]?.isBacklog === false) requests.end();
  }
  for (let turn = 0; turn < 50; turn += 1) {
    requests.topUp(20);
    requests.start();
    assert.equal(requests.inFlight.length, config.consumersMax);
    requests.end(requests.inFlight.find(({ isBacklog }) => !isBacklog));
  }
  assert.equal(requests.started.filter(({ isBacklog }) => isBacklog).length, 1);
});

for (const consumersMax of [1, 2, 4]) {
  test(`next() gives a backlog one request in ten while both wait, of ${consumersMax} at a time`, () => {
    const requests = new Requests(consumersMax);
    for (let turn = 0; turn < 400; turn += 1) {
      requests.topUp(20);
      requests.start();
      assert.equal(requests.inFlight.length, consumersMax);
      assert.ok(requests.inFlight.filter(({ isBacklog }) => isBacklog).length <= 1);
      requests.end();
      requests.clock.advance(5);
    }
    const ofBacklog = requests.started.filter(({ isBacklog }) => isBacklog);
    const share = ofBacklog.length / requests.started.length;
    assert.ok(
      share >= 0.095 && share <= 0.105,
      `${ofBacklog.length} of ${requests.started.length}`,
    );
    assert.ok(ofBacklog.every(({ pieces }) => pieces.length === 2));
  });
}
