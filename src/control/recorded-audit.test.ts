import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createLog } from '../log.ts';
import { RecordedAudit } from './recorded-audit.ts';

const operator = { subject: 'CN=ops', role: 'operator' } as const;
const viewer = { subject: 'CN=eyes', role: 'viewer' } as const;

function rig() {
  const clock = new FakeClock();
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const log = createLog({ level: 'info', format: 'json', destination, clock });
  return { clock, lines, audit: new RecordedAudit(clock, log) };
}

function override(reason: string) {
  return { procedure: 'SetOverride', reason, outcome: 'done', detail: 'Green for 60 s' };
}

test('RecordedAudit.mutation() writes a line and keeps an event, each time', () => {
  const { clock, lines, audit } = rig();
  const atMs = clock.wallMs();
  audit.mutation(operator, override('one'));
  audit.mutation(operator, override('two'));
  assert.deepEqual(
    lines.map(({ msg, by, reason, outcome }) => ({ msg, by, reason, outcome })),
    ['one', 'two'].map((reason) => ({ msg: 'audit', by: 'CN=ops', reason, outcome: 'done' })),
  );
  assert.deepEqual(audit.mutations()[0], { wallMs: atMs, by: 'CN=ops', ...override('one') });
});

test('RecordedAudit keeps the last 200, oldest first', () => {
  const { audit } = rig();
  for (let at = 0; at < 205; at += 1) audit.mutation(operator, override(String(at)));
  const reasons = audit.mutations().map(({ reason }) => reason);
  assert.equal(reasons.length, 200);
  assert.deepEqual([reasons[0], reasons.at(-1)], ['5', '204']);
});

test('RecordedAudit.onMutation() tells each listener until it closes', () => {
  const { audit } = rig();
  const heard: string[] = [];
  const first = audit.onMutation(({ reason }) => heard.push(`1 ${reason}`));
  const second = audit.onMutation(({ reason }) => {
    heard.push(`2 ${reason}`);
    first.close();
  });
  audit.mutation(operator, override('a'));
  audit.mutation(operator, override('b'));
  second.close();
  audit.mutation(operator, override('c'));
  assert.deepEqual(heard, ['1 a', '2 a', '2 b']);
});

test('RecordedAudit.denied() does not let a caller fill the log', () => {
  const { clock, lines, audit } = rig();
  for (let calls = 0; calls < 100; calls += 1) audit.denied(viewer, 'SetOverride');
  clock.advance(10_000);
  audit.denied(viewer, 'SetOverride');
  assert.equal(lines.length, 2);
  const [first, later] = lines;
  assert.equal(first?.code, 'CONTROL_DENIED');
  assert.deepEqual(
    [first?.by, first?.role, first?.procedure],
    ['CN=eyes', 'viewer', 'SetOverride'],
  );
  assert.equal(later?.suppressed, 99);
  assert.deepEqual(audit.mutations(), []);
});
