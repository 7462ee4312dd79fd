import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../test/support/fake-clock.ts';
import { createLog, type Log } from './log.ts';

function capture(format: 'json' | 'text'): { log: Log; clock: FakeClock; lines: string[] } {
  const clock = new FakeClock();
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return { clock, lines, log: createLog({ level: 'info', format, destination, clock }) };
}

test('createLog() writes JSON lines with time, level, code and message', () => {
  const { log, lines } = capture('json');
  log.info('listening', { port: 4317 });
  log.warn('QUEUE_FULL', 'no room', { exporter: 'file' });
  const [first, second] = lines.map((line) => JSON.parse(line));
  assert.deepEqual(first, {
    level: 'info',
    time: '2023-11-14T22:13:21.000Z',
    port: 4317,
    msg: 'listening',
  });
  assert.equal(second.code, 'QUEUE_FULL');
  assert.equal(second.level, 'warn');
});

test('warn() holds a code to one line in ten seconds and says how many it held back', () => {
  const { log, lines, clock } = capture('json');
  for (let count = 0; count < 5; count += 1) log.warn('QUEUE_FULL', 'no room');
  log.error('THREAD_DIED', 'another code is not held back');
  assert.equal(lines.length, 2);
  clock.advance(10_000);
  log.warn('QUEUE_FULL', 'no room');
  assert.equal(JSON.parse(lines[2] ?? '').suppressed, 4);
});

test('warn() does not let one exporter hide another', () => {
  const { log, lines } = capture('json');
  for (const exporter of ['file/a', 'file/b', 'file/a']) {
    log.warn('EXPORT_FAILED', 'disk full', { exporter });
  }
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).exporter),
    ['file/a', 'file/b'],
  );
});

test('createLog() escapes control characters of the world in text', () => {
  const { log, lines } = capture('text');
  log.warn('EXPORT_FAILED', 'peer said \u001b[2J\n\u202eevil');
  assert.equal(lines.length, 1);
  assert.equal(
    lines[0],
    '22:13:21.000 WARN  EXPORT_FAILED: peer said \\u001b[2J\\u000a\\u202eevil\n',
  );
});

test('createLog() escapes in JSON what JSON lets stand', () => {
  const { log, lines } = capture('json');
  const reason = '\u001b[2J\n\u0085\u2028\u202eevil';
  log.info('zone', { reason });
  assert.match(lines[0] ?? '', /"reason":"\\u001b\[2J\\n\\u0085\\u2028\\u202eevil"/);
  assert.equal(JSON.parse(lines[0] ?? '').reason, reason);
});

test('createLog() leaves out what is below its level', () => {
  const { log, lines } = capture('json');
  log.debug('detail');
  assert.deepEqual(lines, []);
});
