import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyMsMax, historyMsMin, SampleHistory } from './sample-history.ts';

const second = 1_000;

describe('SampleHistory', () => {
  it('take() appends what continues, and fills what was not told with null', () => {
    const history = new SampleHistory();
    history.take({
      continues: false,
      time: [1_000, 2_000],
      zone: ['ZONE_GREEN', 'ZONE_RED'],
      receivedBatchesPerSecond: ['NaN', 2],
    });
    history.take({
      continues: true,
      time: [3_000],
      zone: ['ZONE_GREEN'],
      receivedBatchesPerSecond: [3],
    });
    history.take({ continues: true });
    assert.deepEqual(history.timesMs, [1_000, 2_000, 3_000]);
    assert.deepEqual(history.zones, ['green', 'red', 'green']);
    assert.deepEqual(history.column('receivedBatchesPerSecond'), [null, 2, 3]);
    assert.deepEqual(history.column('vaultUsedBytes'), [null, null, null]);
    assert.deepEqual([history.newest, history.version.value], [3_000, 2]);
    assert.equal(history.spanMs, historyMsMin);
  });

  it('take() leaves a gap before what does not continue', () => {
    const history = new SampleHistory();
    history.take({ time: [1_000, 2_000], inFlightBytes: [1, 2] });
    history.take({ time: [10_000], inFlightBytes: [3] });
    assert.deepEqual(history.timesMs, [1_000, 2_000, 6_000, 10_000]);
    assert.deepEqual(history.column('inFlightBytes'), [1, 2, null, 3]);
    assert.equal(history.zones[2], 'unknown');
  });

  it('take() drops what is told again, as after a restart', () => {
    const history = new SampleHistory();
    history.take({ time: [1_000, 2_000, 3_000], inFlightBytes: [1, 2, 3] });
    history.take({ time: [1_000, 2_000], inFlightBytes: [4, 5] });
    assert.deepEqual(history.timesMs, [1_000, 2_000]);
    assert.deepEqual(history.column('inFlightBytes'), [4, 5]);
  });

  it('take() keeps 15 minutes', () => {
    const history = new SampleHistory();
    const count = historyMsMax / second;
    const time = Array.from({ length: count + 5 }, (_, index) => index * second);
    history.take({ time });
    history.take({ continues: true, time: [time.length * second] });
    assert.equal(history.timesMs.length, count);
    assert.equal(history.column('inFlightBytes').length, count);
    assert.equal(history.zones.length, count);
    assert.ok(historyMsMax - history.spanMs <= second);
  });
});
