// States of `gs-ctl top` for its unit tests: one that has everything, and random ones.

import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { type Dialog, overrideForm, replayForm } from '../../src/ctl/top/dialog.ts';
import type { Sample } from '../../src/ctl/top/samples.ts';
import { initialState, type Live, panes, type TopState } from '../../src/ctl/top/top-state.ts';
import {
  EventSchema,
  GetLedgerResponseSchema,
  SignalUnit,
  Zone,
} from '../../src/generated/gophership/control/v1/control_pb.js';
import { statusSample } from './control-fake.ts';

export const sampleWallMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A sample a second up to the time of statusSample(). */
export function minuteOfSamples(count = 90): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    wallMs: sampleWallMs - (count - 1 - index) * 1_000,
    rates: { received: index, acked: 9, exported: 8, vaulted: 0, refused: 0, replayed: 2.5 },
    signals: new Map([['arena_percent', 40 + index / 3]]),
  }));
}

export function topState(live: Partial<Live> = {}, changes: Partial<TopState> = {}): TopState {
  const empty = initialState('engine:4319');
  const full: Live = {
    ...empty.live,
    status: statusSample(),
    statusMs: 1_000,
    samples: minuteOfSamples(),
    events: [eventSample()],
    ...live,
  };
  return { ...empty, live: full, ...changes };
}

export function eventSample(wallMs = sampleWallMs, to: Zone = Zone.YELLOW) {
  return create(EventSchema, {
    time: timestampFromMs(wallMs),
    event: { case: 'zoneChange', value: { from: Zone.GREEN, to, cause: 'signal' } },
  });
}

export const ledgerSample = create(GetLedgerResponseSchema, {
  isBalanced: false,
  intake: { received: 12_345, difference: 2 },
  rows: [{ destination: 'otlp_grpc/central', delivered: 12_340 }],
});

/** What a hostile or only strange engine may say. */
const nasty = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '\u001b',
    '\n',
    '\t',
    '\u0085',
    '\u202e',
    '名',
    '👩‍🚀',
    'é',
    '\ud800',
  ),
  maxLength: 60,
});
const amount = fc.oneof(
  fc.double(),
  fc.nat(),
  fc.constantFrom(0, 1e21, Number.NaN, Number.POSITIVE_INFINITY, -1),
);
const optionalAmount = fc.option(amount, { nil: undefined });

const anySignal = fc.record({
  name: nasty,
  unit: fc.constantFrom(SignalUnit.PERCENT, SignalUnit.MILLISECONDS, SignalUnit.LEVEL, 99),
  value: amount,
  yellow: optionalAmount,
  red: optionalAmount,
  holds: fc.constantFrom(Zone.GREEN, Zone.YELLOW, Zone.RED, Zone.UNSPECIFIED),
});

const anyStatus = fc
  .record({
    ...{ host: nasty, version: nasty, reason: nasty, state: nasty, used: amount, limit: amount },
    zone: fc.constantFrom(Zone.GREEN, Zone.YELLOW, Zone.RED, Zone.UNSPECIFIED),
    signals: fc.array(anySignal, { maxLength: 20 }),
    destinations: fc.array(nasty, { maxLength: 4 }),
  })
  .map(({ host, version, reason, state, used, limit, zone, signals, destinations }) =>
    statusSample({
      ...{ host, version, signals, destinations: destinations.map((id) => ({ id })) },
      zone: { zone, computedZone: Zone.GREEN, reason, override: { by: reason, reason: host } },
      flow: { receivedBatches: used, inFlightBytes: limit, ackP50Ms: 1, ackP99Ms: 2_000 },
      vault: { state, usedBytes: used, limitBytes: limit, lostBatches: 3 },
    }),
  );

const wanted = { kind: 'override-end', reason: 'why' } as const;
const anyDialog: fc.Arbitrary<Dialog | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.boolean().map(overrideForm),
  fc.record({ value: nasty, fault: nasty }).map(({ value, fault }) => {
    const form = replayForm(false);
    return { ...form, fault, fields: form.fields.map((field) => ({ ...field, value })) };
  }),
  nasty.map((title) => ({ kind: 'waiting' as const, title })),
  fc.record({ lines: fc.array(nasty, { maxLength: 6 }), undo: nasty }).map((plan) => ({
    ...{ kind: 'plan' as const, title: 'plan', wanted, plan },
  })),
);

/** Whatever can be, and more. */
export const anyTopState: fc.Arbitrary<TopState> = fc
  .record({
    status: fc.option(anyStatus, { nil: undefined }),
    pausedIn: fc.option(fc.constantFrom(Zone.RED, Zone.GREEN), { nil: undefined }),
    lost: fc.option(nasty, { nil: undefined }),
    samples: fc.nat(90).map(minuteOfSamples),
    events: fc.array(
      fc.nat(1e12).map((ms) => eventSample(ms)),
      { maxLength: 30 },
    ),
    ledger: fc.option(fc.constant(ledgerSample), { nil: undefined }),
    view: fc.constantFrom('main', 'help', 'events', 'ledger'),
    pane: fc.constantFrom(...panes),
    scroll: fc.nat(60),
    filter: nasty,
    isTyping: fc.boolean(),
    dialog: anyDialog,
    notice: fc.option(nasty, { nil: undefined }),
    isFrozen: fc.boolean(),
  })
  .map(({ status, pausedIn, lost, samples, events, ledger, scroll, notice, isFrozen, ...rest }) => {
    const link =
      lost === undefined ? undefined : { kind: 'lost' as const, why: lost, againMs: 9e3 };
    const live = { status, pausedIn, samples, events, ledger, ...(link && { link }) };
    const state = topState(live, {
      ...rest,
      scroll: {
        signals: scroll,
        destinations: scroll,
        events: scroll,
        ledger: scroll,
        help: scroll,
      },
      notice: notice === undefined ? undefined : { text: notice, kind: 'fault', untilMs: 9e9 },
    });
    return isFrozen ? { ...state, frozen: state.live } : state;
  });
