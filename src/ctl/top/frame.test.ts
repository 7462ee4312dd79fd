import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { checkPrintable, statusSample } from '../../../test/support/control-fake.ts';
import { testSeed } from '../../../test/support/seed.ts';
import {
  anyTopState,
  eventSample,
  ledgerSample,
  minuteOfSamples,
  sampleWallMs,
  topState,
} from '../../../test/support/top-states.ts';
import { SignalUnit, Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { overrideForm } from './dialog.ts';
import { frame } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { lineWidth, plainText } from './line.ts';
import type { TopState } from './top-state.ts';

const unicode = glyphsFor({ LANG: 'C.UTF-8' });
const nowMs = 4_500;

function lines(state: TopState, columns = 80, rows = 24): string[] {
  return frame(state, { columns, rows }, nowMs, unicode).map(plainText);
}

function text(state: TopState, columns = 80, rows = 24): string {
  return lines(state, columns, rows).join('\n');
}

test('frame() has as many lines as the screen, each as wide as it, whatever there is to show', (context: TestContext) =>
  fc.assert(
    fc.property(
      anyTopState,
      fc.integer({ min: 1, max: 250 }),
      fc.integer({ min: 1, max: 70 }),
      fc.constantFrom(unicode, glyphsFor({ LC_ALL: 'C' })),
      (state, columns, rows, glyphs) => {
        const drawn = frame(state, { columns, rows }, nowMs, glyphs);
        assert.equal(drawn.length, rows);
        for (const of of drawn) {
          assert.equal(lineWidth(of), columns, plainText(of));
          checkPrintable(plainText(of));
        }
      },
    ),
    { numRuns: 500, seed: testSeed(context) },
  ));

test('frame() shows everything that matters at 80x24', () => {
  const shown = text(topState());
  assert.match(
    shown,
    /^GopherShip web-1 {2}\(engine:4319\) {2}1\.2\.3 {2}up 1h2m .*03:04:05Z {2}3s old {2}live$/m,
  );
  assert.match(shown, /^ Yellow {2}for 12s: arena_percent 71\.3 % \(until below 48 %\)$/m);
  assert.match(shown, /^ arena_percent +71\.3 % {2}█+┊█*[▏▎▍▌▋▊▉]?·*┃·* {2}[▁▂▃▄▅▆▇█]{20}/m);
  assert.match(shown, /^ memory_exhaustion +never {2}·+┊·+┃·*$/m);
  assert.match(shown, /^ received +89 +1,234 .*[▁▂▃▄▅▆▇█]{8}$/m);
  assert.match(shown, /^ in flight {2}30 batches, 2\.0 KiB; 7 connections, 1 parked$/m);
  assert.match(shown, /^ otlp_grpc\/central +down +9 +1,180 +0 +20$/m);
  assert.match(shown, /^ VAULT +open +██·+ 12\.5 % {2}1\.0 GiB of 8\.0 GiB {2}16 segments$/m);
  assert.match(shown, /^ REPLAY +waits +20 waiting {2}ETA - {2}2\.5 batches\/s {2}5 replayed$/m);
  assert.match(shown, /^ EVENTS\n 03:04:05 {2}zone {6}Green -> Yellow/m);
  assert.match(shown, /\n\? help {2}q quit .*$/);
});

test('frame() leaves columns out where there is no room, and has a whole minute where there is', () => {
  const heading = (columns: number) =>
    lines(topState(), columns).find((of) => of.includes('SIGNALS'));
  assert.match(heading(200) ?? '', /SIGNALS +VALUE +TO RED +LAST 60 S +YELLOW +RED$/);
  assert.match(heading(120) ?? '', /SIGNALS +VALUE +TO RED +LAST 57 S$/);
  assert.match(heading(60) ?? '', /SIGNALS +VALUE +TO RED +LAST 14 S$/);
  assert.match(heading(46) ?? '', /SIGNALS +VALUE +TO RED$/);
  assert.match(heading(38) ?? '', /SIGNALS +VALUE$/);
});

test('frame() keeps something of everything at 60x15', () => {
  const shown = text(topState(), 60, 15);
  for (const name of ['SIGNALS', 'arena_percent', 'FLOW', 'acked', 'VAULT', 'REPLAY', 'EVENTS']) {
    assert.ok(shown.includes(name), `${name}\n${shown}`);
  }
});

test('frame() shows times of acknowledgement and of the replay where the engine tells them', () => {
  const status = statusSample({
    flow: { ackP50Ms: 2.345, ackP99Ms: 1_250 },
    replay: { state: 'running', waitingBatches: 20, eta: durationFromMs(90_000) },
  });
  const shown = text(
    topState({ status, pace: { recordsPerSecond: 4_000, bytesPerSecond: 2_048 } }),
  );
  assert.match(shown, /^ acked .* p50 2\.3 ms, p99 1\.3 s /m);
  assert.match(shown, /^ received .* 4,000 records\/s, 2\.0 KiB\/s /m);
  assert.match(shown, /^ REPLAY +running +20 waiting {2}ETA 1m30s /m);
});

test('frame() puts signals first that hold the zone, then those that could', () => {
  const signal = (name: string, holds: Zone, yellow?: number) => ({
    ...{ name, holds, unit: SignalUnit.PERCENT, value: 1 },
    ...(yellow === undefined ? {} : { yellow }),
  });
  const status = statusSample({
    signals: [
      signal('none', Zone.GREEN),
      signal('calm', Zone.GREEN, 60),
      signal('bad', Zone.YELLOW, 60),
      signal('worst', Zone.RED, 60),
    ],
  });
  const names = (state: TopState) =>
    lines(state).flatMap((of) => /^ (none|calm|bad|worst) /.exec(of)?.[1] ?? []);
  assert.deepEqual(names(topState({ status })), ['worst', 'bad', 'calm', 'none']);
  assert.deepEqual(names(topState({ status }, { filter: 'A' })), ['bad', 'calm']);
  assert.match(text(topState({ status }, { filter: 'zzz' })), /no signal has "zzz" in its name/);
});

test('frame() moves a pane, and says where it is', () => {
  const signals = Array.from({ length: 17 }, (_, index) => ({ name: `signal_${index}`, value: 1 }));
  const state = topState({ status: statusSample({ signals }) });
  assert.match(text(state), /SIGNALS.* 1-7 of 17$/m);
  const moved = { ...state, scroll: { ...state.scroll, signals: 3 } };
  assert.match(text(moved), /SIGNALS.* 4-10 of 17\n signal_3 /m);
  const end = { ...state, scroll: { ...state.scroll, signals: 99 } };
  assert.match(text(end), /SIGNALS.* 11-17 of 17\n signal_10 /m);
});

test('frame() shows the newest events at the bottom, and older ones when it is moved', () => {
  const events = Array.from({ length: 50 }, (_, index) =>
    eventSample(sampleWallMs + index * 1_000),
  );
  const state = topState({ events }, { view: 'events' });
  assert.match(lines(state).at(-2) ?? '', /03:04:54\.000 {2}zone/);
  const moved = { ...state, scroll: { ...state.scroll, events: 49 } };
  assert.match(lines(moved)[3] ?? '', /03:04:05\.000 {2}zone/);
});

test('frame() greys what is old: in Red with its age, without an engine with the reason', () => {
  const red = topState({ pausedIn: Zone.RED, events: [eventSample(sampleWallMs, Zone.RED)] });
  assert.match(text(red), /PAUSED\n Red {2}Green -> Red after - by signal\n.*figures are 3s old/);
  const link = { kind: 'lost', why: 'UNREACHABLE: gone', againMs: 7_000 } as const;
  const lost = topState({ link });
  assert.match(text(lost), /LOST\n.*\n *trying again in 3s: UNREACHABLE: gone/);
  for (const state of [red, lost]) {
    const drawn = frame(state, { columns: 80, rows: 24 }, nowMs, unicode);
    const arena = drawn.find((of) => plainText(of).startsWith(' arena_percent'));
    assert.ok(arena?.every(({ style }) => style.isDim === true && style.colour === undefined));
  }
});

test('frame() shows what was there when the screen was frozen', () => {
  const { live } = topState();
  const status = statusSample({ host: 'other' });
  const frozen = topState({ status }, { frozen: live });
  assert.match(text(frozen), /^GopherShip web-1 .*FROZEN$/m);
});

test('frame() keeps the dialog, however small the screen is', () => {
  const dialog = overrideForm(true);
  for (const rows of [8, 15, 24]) {
    const shown = lines(topState({}, { dialog }), 60, rows).slice(-6).join('\n');
    assert.match(
      shown,
      /hold a zone[\s\S]*zone +green +yellow +red +\[end\]\n {2}ttl +15m\n {2}reason/,
    );
  }
});

test('frame() has the ledger and the help on the whole screen', () => {
  const ledger = text(topState({ ledger: ledgerSample }, { view: 'ledger' }), 80, 30);
  assert.match(ledger, /not balanced/);
  assert.match(ledger, /^ {4}received +12,345$/m);
  assert.match(ledger, /^ {2}otlp_grpc\/central$/m);
  assert.match(text(topState({}, { view: 'ledger' })), /LEDGER +is being asked for$/m);
  assert.match(text(topState({}, { view: 'help' })), /^ {2}Space +freeze the screen/m);
});

test('frame() of a minute without samples has no curve, and none for a gap', () => {
  const samples = minuteOfSamples().filter((_, index) => index < 60 || index > 80);
  const curve =
    lines(topState({ samples }), 120).find((of) => of.startsWith(' arena_percent')) ?? '';
  assert.match(curve, /[▁▂▃▄▅▆▇█] {2,}[▁▂▃▄▅▆▇█]+$/);
  assert.match(text(topState({ samples: [] })), /^ received +- +1,234/m);
});
