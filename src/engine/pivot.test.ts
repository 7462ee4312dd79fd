import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedDestination } from '../../test/support/scripted-destination.ts';
import type { Refusal } from '../exporter/destination.ts';
import { pivot } from './pivot.ts';

const full: Refusal = { code: 'QUEUE_FULL', message: 'full', retryDelayMs: 500 };
const down: Refusal = { code: 'DESTINATION_DOWN', message: 'down', retryDelayMs: 5_000 };

type Row = readonly [
  title: string,
  destinations: readonly { required: boolean; refusing: Refusal | undefined }[],
  expected: Refusal | undefined,
];

const rows: readonly Row[] = [
  [
    'exports when the one destination is ready',
    [{ required: true, refusing: undefined }],
    undefined,
  ],
  ['refuses when a required destination refuses', [{ required: true, refusing: full }], full],
  [
    'refuses for all when one of two required destinations refuses',
    [
      { required: true, refusing: undefined },
      { required: true, refusing: down },
    ],
    down,
  ],
  [
    'answers with the longest delay when several refuse',
    [
      { required: true, refusing: full },
      { required: true, refusing: down },
      { required: true, refusing: full },
    ],
    down,
  ],
  [
    'is not held back by a destination that is not required',
    [{ required: false, refusing: down }],
    undefined,
  ],
];

for (const [title, states, expected] of rows) {
  test(`pivot() ${title}`, () => {
    const destinations = states.map(({ required, refusing }, index) => {
      const destination = new ScriptedDestination(`debug/${index}`, required);
      destination.refusing = refusing;
      return destination;
    });
    assert.equal(pivot(destinations, 100), expected);
  });
}
