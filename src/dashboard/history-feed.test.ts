import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { AskedParts } from './asked.ts';
import { HistoryFeed } from './history-feed.ts';

describe('HistoryFeed', () => {
  it('ask() asks for what is new, and takes every answer once', async () => {
    const asked: unknown[] = [];
    const answers = [Promise.resolve({ time: [1_000, 2_000] }), Promise.reject(new Error('late'))];
    const call = (_: unknown, request: unknown) => {
      asked.push(request);
      return answers.shift() ?? Promise.resolve({ continues: true, time: [3_000] });
    };
    // The one procedure that is asked for.
    const client = { call } as unknown as AskedParts['client'];
    const feed = new HistoryFeed({ client, clock: new FakeClock() });
    await Promise.all([feed.ask(), feed.ask()]);
    await feed.ask();
    assert.equal(feed.fault.value?.code, 'NO_ANSWER');
    await feed.ask();
    assert.deepEqual(asked, [{ since: 0 }, { since: 2_000 }, { since: 2_000 }]);
    assert.deepEqual(feed.history.timesMs, [1_000, 2_000, 3_000]);
    assert.equal(feed.fault.value, undefined);
  });
});
