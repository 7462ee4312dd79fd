import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { statusSample } from '../../../test/support/control-fake.ts';
import { testSeed } from '../../../test/support/seed.ts';
import { anyTopState, topState } from '../../../test/support/top-states.ts';
import { Zone } from '../../generated/gophership/control/v1/control_pb.js';
import type { Effect } from './effect.ts';
import { frame } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { KeyDecoder } from './keys.ts';
import { lineWidth } from './line.ts';
import { keyPressed } from './top-keys.ts';
import type { TopState } from './top-state.ts';

/** What has become of the state, and what was asked for, after these keys. */
function typed(text: string, state = topState()): { state: TopState; effects: Effect[] } {
  const decoder = new KeyDecoder();
  const effects: Effect[] = [];
  let now = state;
  for (const key of [...decoder.decode(text), ...decoder.flush()]) {
    const step = keyPressed(now, key, 0);
    now = step.state;
    if (step.effect !== undefined) effects.push(step.effect);
  }
  return { state: now, effects };
}

const keys = [
  ...'qehlopy?/ jk名nzg',
  '\t',
  '\r',
  '\u001b',
  '\u001b[A',
  '\u001b[B',
  '\u001b[C',
  '\u007f',
];

test('whatever is typed, there is a frame for it', (context: TestContext) =>
  fc.assert(
    fc.property(
      anyTopState,
      fc.array(fc.constantFrom(...keys), { maxLength: 40 }),
      (begin, typing) => {
        let state = begin;
        for (const key of typing) {
          state = typed(key, state).state;
          const drawn = frame(state, { columns: 70, rows: 20 }, 0, glyphsFor({}));
          assert.ok(drawn.length === 20 && drawn.every((of) => lineWidth(of) === 70));
        }
      },
    ),
    { numRuns: 200, seed: testSeed(context) },
  ));

test('q and Ctrl-C quit, but q is a letter where one is typed', () => {
  assert.deepEqual(typed('q').effects, [{ kind: 'quit' }]);
  assert.deepEqual(typed('\u0003').effects, [{ kind: 'quit' }]);
  assert.deepEqual(typed('/q').effects, []);
  assert.equal(typed('/q').state.filter, 'q');
  assert.deepEqual(typed('oq').effects, []);
  assert.deepEqual(typed('o\u0003').effects, [{ kind: 'quit' }]);
});

test('views open and close with the same key, and with Esc', () => {
  for (const [key, view] of Object.entries({ '?': 'help', e: 'events', l: 'ledger' })) {
    assert.equal(typed(key).state.view, view);
    assert.equal(typed(key + key).state.view, 'main');
    assert.equal(typed(`${key}\u001b`).state.view, 'main');
  }
  assert.deepEqual(typed('l').effects, [{ kind: 'ledger' }]);
});

test('the filter is typed, kept with Enter and forgotten with Esc', () => {
  assert.equal(typed('/mem\u007f').state.filter, 'me');
  assert.deepEqual([typed('/mem\r').state.filter, typed('/mem\r').state.isTyping], ['mem', false]);
  assert.equal(typed('/mem\u001b').state.filter, '');
  assert.equal(typed('/mem\r\u001b').state.filter, '');
});

test('Space freezes what is shown, and goes on', () => {
  const frozen = typed(' ').state;
  assert.equal(frozen.frozen, frozen.live);
  assert.equal(typed('  ').state.frozen, undefined);
});

test('arrows move the pane within what it has', () => {
  assert.equal(typed('\u001b[B\u001b[B\u001b[B').state.scroll.signals, 1);
  assert.equal(typed('jk\u001b[A').state.scroll.signals, 0);
  assert.equal(typed('\t').state.pane, 'destinations');
  assert.equal(typed('\u001b[Z').state.pane, 'events');
  const events = [...Array(30)].map(() => topState().live.events[0]!);
  const state = topState({ events }, { view: 'events' });
  assert.equal(typed('\u001b[5~', state).state.scroll.events, 10);
  assert.equal(typed('\u001b[5~\u001b[6~', state).state.scroll.events, 0);
});

test('an override is planned with what was filled in', () => {
  const { state, effects } = typed('or\r\u001510m\rdisk swap\r');
  const wanted = { kind: 'override', zone: 'red', ttlMs: 600_000, reason: 'disk swap' };
  assert.deepEqual(effects, [{ kind: 'plan', wanted }]);
  assert.equal(state.dialog?.kind, 'waiting');
});

test('an override needs a reason and a duration, and says which is missing', () => {
  const fault = (text: string) => {
    const { state, effects } = typed(text);
    assert.deepEqual(effects, []);
    return state.dialog?.kind === 'form' ? [state.dialog.at, state.dialog.fault] : [];
  };
  assert.deepEqual(fault('o\r\r\r'), [2, 'say why, for whoever reads the audit log']);
  assert.match(String(fault('o\r\u0015never\rx\r')[1]), /not a duration/);
  assert.deepEqual(fault('o\u001b'), []);
});

test('an override that is there can be ended, one of the configuration cannot', () => {
  const withOverride = (override: object) =>
    topState({ status: statusSample({ zone: { zone: Zone.RED, override } }) });
  const { effects } = typed('o\r\rdone\r', withOverride({ left: durationFromMs(1_000) }));
  assert.deepEqual(effects, [{ kind: 'plan', wanted: { kind: 'override-end', reason: 'done' } }]);
  const { state } = typed('o', withOverride({ by: 'configuration' }));
  assert.deepEqual(state.dialog?.kind === 'form' && state.dialog.fields[0]?.choices, [
    'green',
    'yellow',
    'red',
  ]);
});

test('only y does it', () => {
  const plan = { lines: ['x'], undo: 'undo' };
  const wanted = { kind: 'override-end', reason: 'r' } as const;
  const state = topState({}, { dialog: { kind: 'plan', title: 't', wanted, plan } });
  for (const key of ['\r', ' ', 'x', '\t', '\u001b[A']) {
    assert.deepEqual(
      [typed(key, state).effects, typed(key, state).state.dialog],
      [[], state.dialog],
    );
  }
  for (const key of ['n', 'N', '\u001b']) {
    assert.deepEqual([typed(key, state).effects, typed(key, state).state.dialog], [[], undefined]);
  }
  assert.deepEqual(typed('y', state).effects, [{ kind: 'apply', wanted, plan }]);
});

test('who may not change anything is told, also without a connection or a vault', () => {
  const notice = (key: string, state: TopState) => {
    const { state: after, effects } = typed(key, state);
    assert.deepEqual([effects, after.dialog], [[], undefined]);
    return after.notice?.text ?? '';
  };
  assert.match(notice('o', topState({ role: 'viewer' })), /needs the role operator.*viewer/);
  assert.match(notice('p', topState({ role: 'viewer' })), /needs the role operator/);
  const link = { kind: 'lost', why: '', againMs: 0 } as const;
  assert.match(notice('o', topState({ link })), /no connection/);
  const status = statusSample({ replay: undefined });
  assert.match(notice('p', topState({ status })), /no vault/);
});

test('p resumes a replay that is paused', () => {
  const paused = topState({ status: statusSample({ replay: { state: 'paused' } }) });
  const wanted = (kind: string) => [{ kind: 'plan', wanted: { kind, reason: 'why' } }];
  assert.deepEqual(typed('pwhy\r', paused).effects, wanted('replay-resume'));
  assert.deepEqual(typed('pwhy\r').effects, wanted('replay-pause'));
});
