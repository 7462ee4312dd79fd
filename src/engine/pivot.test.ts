import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedDestination } from '../../test/support/scripted-destination.ts';
import type { Refusal } from '../exporter/destination.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { Zone } from '../memory/zone-word.ts';
import { pivot } from './pivot.ts';
import { VaultReadiness } from './vault-door.ts';

const { Green, Yellow, Red } = Zone;
const { Absent, Takes, Behind, Full, Failed } = VaultReadiness;

const full: Refusal = { code: 'QUEUE_FULL', message: 'full', retryDelayMs: 500 };
const down: Refusal = { code: 'DESTINATION_DOWN', message: 'down', retryDelayMs: 5_000 };

/** Required destinations: ready, or why not; `optional` is one that is not required and down. */
const [ready, optional] = ['ready', 'optional'] as const;
type State = Refusal | typeof ready | typeof optional;

type Row = readonly [
  title: string,
  zones: readonly Zone[],
  destinations: readonly State[],
  vaults: readonly VaultReadiness[],
  /** What it is counted as; with it the held consumers, or code and delay of a refusal. */
  expected: string,
];

const all = [Green, Yellow, Red];
const calm = [Green, Yellow];
const anyVault = [Absent, Takes, Behind, Full, Failed];

const rows: readonly Row[] = [
  ['exports when the one destination is ready', calm, [ready], anyVault, 'ExportReady'],
  ['exports when both are ready', calm, [ready, ready], anyVault, 'ExportReady'],
  [
    'is not held back by one that is not required',
    calm,
    [optional, ready],
    anyVault,
    'ExportReady',
  ],
  ['never stores what nobody would replay', all, [optional], [Absent, Takes], 'ExportReady'],
  ['never stores without destinations', all, [], [Absent, Takes], 'ExportReady'],

  ['stores in Red, for nobody', [Red], [ready, ready], [Takes], 'VaultRedZone []'],
  ['stores in Red what nobody could take', [Red], [down, full], [Takes], 'VaultRedZone []'],
  ['exports in Red past a slow vault', [Red], [ready], [Behind], 'ExportVaultBehind'],
  ['exports in Red past a full vault', [Red], [ready, optional], [Full], 'ExportVaultFull'],
  ['exports in Red past a failed vault', [Red], [ready], [Failed], 'ExportVaultFailed'],
  ['exports in Red without a vault', [Red], [ready, optional], [Absent], 'ExportReady'],
  ['waits in Red for a slow vault', [Red], [ready, down], [Behind], 'VaultRedZone []'],

  ['stores what one cannot take', calm, [down], [Takes, Behind], 'VaultDestinationNotReady []'],
  [
    'holds for who is ready',
    calm,
    [ready, down, ready],
    [Takes, Behind],
    'VaultDestinationNotReady [0,2]',
  ],
  [
    'counts only required ones',
    calm,
    [optional, full, ready],
    [Takes],
    'VaultDestinationNotReady [1]',
  ],

  ['refuses without a vault', all, [full], [Absent], 'RefuseDestinationNotReady QUEUE_FULL 500'],
  [
    'refuses for all when one cannot',
    all,
    [ready, down],
    [Absent],
    'RefuseDestinationNotReady DESTINATION_DOWN 5000',
  ],
  [
    'names the longest delay',
    all,
    [full, down, full],
    [Absent],
    'RefuseDestinationNotReady DESTINATION_DOWN 5000',
  ],
  ['refuses for the full vault', all, [ready, down], [Full], 'RefuseVaultFull VAULT_FULL 5000'],
  [
    'refuses for the failed vault',
    all,
    [full, ready],
    [Failed],
    'RefuseVaultFailed VAULT_FAILED 500',
  ],
];

for (const [title, zones, states, vaults, expected] of rows) {
  test(`pivot() ${title}`, () => {
    const destinations = states.map((state, index) => {
      const destination = new ScriptedDestination(`debug/${index}`, state !== optional);
      if (state !== ready) destination.refusing = state === optional ? down : state;
      return destination;
    });
    for (const zone of zones) {
      for (const vault of vaults) {
        const way = pivot(zone, destinations, vault, 100);
        assert.equal(textOf(way), expected, `zone ${zone}, vault ${vault}`);
      }
    }
  });
}

const counters = Object.entries(PivotCounter);

function textOf(way: ReturnType<typeof pivot>): string {
  const [counter = ''] = counters.find(([, word]) => word === way.counter) ?? [];
  assert.ok(counter.toLowerCase().startsWith(way.kind), counter);
  if (way.kind === 'export') return counter;
  if (way.kind === 'refuse') return `${counter} ${way.code} ${way.retryDelayMs}`;
  const held = [0, 1, 2].filter((consumer) => (way.heldMask & (1 << consumer)) !== 0);
  return `${counter} [${held.join()}]`;
}

test('pivot() covers each zone and readiness', () => {
  const cases = rows.flatMap(([, zones, , vaults]) =>
    zones.flatMap((zone) => vaults.map((vault) => `${zone} ${vault}`)),
  );
  assert.equal(new Set(cases).size, all.length * anyVault.length);
});
