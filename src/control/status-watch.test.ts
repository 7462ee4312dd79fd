import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { ControlRig } from '../../test/support/control-rig.ts';
import { WatchReader } from '../../test/support/watch-reader.ts';
import {
  WatchStatusRequestSchema,
  type WatchStatusResponse,
} from '../generated/gophership/control/v1/control_pb.js';
import { watchStreamsMax } from '../limits.ts';

class StatusRig extends ControlRig {
  readonly startMs = this.clock.wallMs();
  /** How many statuses were made: each explains the zone once. */
  madeCount = 0;

  constructor() {
    super();
    const explain = this.monitor.explain.bind(this.monitor);
    this.monitor.explain = () => {
      this.madeCount += 1;
      return explain();
    };
  }

  watch(): WatchReader {
    const request = create(WatchStatusRequestSchema);
    return new WatchReader('watchStatus', (context) => this.service.watchStatus(request, context));
  }

  /** What a reader has got: of when each status was, in s, or the zone of a heartbeat. */
  told({ received }: WatchReader): string[] {
    return received.map((message) => {
      const { event } = message as WatchStatusResponse; // a watch of the status gives nothing else
      if (event.case !== 'status') return `zone ${event.value}`;
      const { time } = event.value;
      return time === undefined ? 'no time' : `${(timestampMs(time) - this.startMs) / 1_000} s`;
    });
  }
}

async function read(...readers: readonly WatchReader[]): Promise<void> {
  for (const reader of readers) reader.read();
  await new Promise(setImmediate);
}

test('watchStatus() makes one status a second for all that read', async () => {
  const rig = new StatusRig();
  const readers = Array.from({ length: watchStreamsMax }, () => rig.watch());
  await read(...readers);
  const firstCount = rig.madeCount;
  for (let second = 1; second <= 3; second += 1) {
    await read(...readers);
    rig.clock.advance(1_000);
    await read();
  }
  for (const reader of readers) assert.deepEqual(rig.told(reader), ['0 s', '1 s', '2 s', '3 s']);
  assert.equal(firstCount, watchStreamsMax);
  assert.equal(rig.madeCount, firstCount + 3);
});

test('watchStatus() makes none for readers that are slow, and keeps none for them', async () => {
  const rig = new StatusRig();
  const readers = Array.from({ length: watchStreamsMax }, () => rig.watch());
  await read(...readers);
  const firstCount = rig.madeCount;
  rig.clock.advance(60_000);
  assert.equal(rig.madeCount, firstCount);
  assert.deepEqual(new Set(readers.map(({ stream }) => stream.unreadCount)), new Set([0]));
});

test('watchStatus() gives a reader that was slow the newest status, also in Yellow', async () => {
  for (const zone of ['green', 'yellow'] as const) {
    const rig = new StatusRig();
    rig.override(zone);
    const reader = rig.watch();
    await read(reader);
    rig.clock.advance(7_500);
    await read(reader);
    rig.clock.advance(500);
    await read();
    assert.deepEqual(rig.told(reader), ['0 s', '8 s'], zone);
  }
});

test('watchStatus() gives nothing but the zone in Red, from the beginning', async () => {
  const rig = new StatusRig();
  rig.override('red');
  const reader = rig.watch();
  for (let second = 0; second < 7; second += 1) {
    await read(reader);
    rig.clock.advance(1_000);
  }
  await read(reader);
  assert.deepEqual(rig.told(reader), ['zone 3', 'zone 3', 'zone 3']);
  assert.equal(rig.madeCount, 0);
});
