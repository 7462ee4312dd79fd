import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createLog } from '../log.ts';
import { logState } from './state-dump.ts';

test('logState() writes a line for each part, buckets left out, and keeps what JSON has no number for', () => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const log = createLog({ level: 'info', format: 'json', destination, clock: new FakeClock() });
  const metrics = [
    '# HELP gophership_signal_value The last reading.',
    'gophership_signal_value{signal="memory_exhaustion",unit="milliseconds"} +Inf',
    'gophership_signal_value{signal="arena_percent",unit="percent"} 12.5',
    'gophership_ack_seconds_bucket{le="0.001"} 3',
    'gophership_ack_seconds_count 4',
    '',
  ].join('\n');
  logState(metrics, log);
  const fields = lines.map(({ time: _time, level: _level, msg: _msg, ...rest }) => rest);
  assert.deepEqual(fields, [
    {
      part: 'signal',
      'signal_value{signal=memory_exhaustion,unit=milliseconds}': '+Inf',
      'signal_value{signal=arena_percent,unit=percent}': 12.5,
    },
    { part: 'ack', ack_seconds_count: 4 },
  ]);
});
