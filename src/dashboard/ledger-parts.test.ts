import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ledgerBars } from './ledger-parts.ts';

describe('ledgerBars()', () => {
  it('has a bar for what came in and one for each destination, whose parts make its total', () => {
    const bars = ledgerBars({
      intake: { received: 12, acked: 9, refused: 2, inFlight: 1 },
      rows: [{ destination: 'otlp_grpc', acked: 9, alsoStored: 1, delivered: 7, inVault: 3 }],
    });
    assert.deepEqual(
      bars.map(({ title, total, difference }) => [title, total, difference]),
      [
        ['received', 12, 0],
        ['otlp_grpc', 10, 0],
      ],
    );
    for (const { parts, total } of bars) {
      assert.equal(
        parts.reduce((sum, { batches }) => sum + batches, 0),
        total,
      );
    }
  });

  it('shows a difference, of which nothing else is known', () => {
    const [, row] = ledgerBars({ rows: [{ acked: 5, delivered: 4, difference: 1 }] });
    assert.equal(row?.difference, 1);
  });

  it('needs no destination', () => {
    assert.equal(ledgerBars({}).length, 1);
  });
});
