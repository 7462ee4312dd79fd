// The keys of the vault and of replay, and what they have to be to each other and to the rest.

import { test } from 'node:test';
import { checkSaid, configText, type Parts } from '../../test/support/config-fixtures.ts';

/** "«" marks the place that each line has to name. */
function check(rows: readonly (readonly [Parts, ...string[]])[]): void {
  for (const [parts, ...lines] of rows) checkSaid(configText(parts), lines);
}

test('loadConfig() checks the keys of the vault and of replay, and one against the other', () => {
  const held = 'must hold 4 segments, quarantine, cursors and dead letters';
  check([
    [{ more: 'vault: {}' }],
    [{ more: 'vault: { limit: 1GiB, allow_volatile: true }' }],
    [{ more: 'replay: { order: newest, min_share: 5% }' }],
    [
      { more: 'vault: { directory: vault, limit: «64MiB }' },
      `vault.limit: ${held}: at least 343MiB, is "64MiB"`,
    ],
    [{ more: 'vault: { limit: «342MiB }' }, `vault.limit: ${held}: at least 343MiB, is "342MiB"`],
    [{ more: 'vault: { limit: 343MiB }' }],
    [
      { more: 'vault: { limit: «325MiB, quarantine_limit: 1 }' },
      `vault.limit: ${held}: at least 326MiB, is "325MiB"`,
    ],
    [{ more: 'vault: { limit: 325MiB, quarantine_limit: 0 }' }],
    [
      { more: 'vault: { limit: «1GiB, dead_letter_limit: 1GiB }' },
      `vault.limit: ${held}: at least 1353MiB, is "1GiB"`,
    ],
    [
      { more: 'vault: { quarantine_limit: «4GiB }' },
      'vault.quarantine_limit: must be at most 20 % of limit, is "4GiB"',
    ],
    [{ more: 'vault: { limit: 20GiB, quarantine_limit: 4GiB }' }],
    [
      { more: 'vault: { segment_size: «1MiB, cursor_interval: «2s, ack_deadline: «0s }' },
      'vault.segment_size: must be from 8MiB to 1GiB, is "1MiB"',
      'vault.cursor_interval: must be from 100ms to 1s, is "2s"',
      'vault.ack_deadline: must be from 1ms to 1m, is "0s"',
    ],
    [
      {
        grpc: 'max_recv_msg_size_mib: 16',
        more: 'vault: { segment_size: «16MiB, dead_letter_limit: «32MiB }',
      },
      'vault.segment_size: must hold a largest message: at least 17MiB',
      'vault.dead_letter_limit: must hold two largest messages: at least 33MiB',
    ],
    [
      {
        grpc: 'max_recv_msg_size_mib: 16',
        more: 'vault: { segment_size: 17MiB, dead_letter_limit: 33MiB }',
      },
    ],
    [
      {
        exporters: 'file/e: { path: «/v/out/o.jsonl }',
        more: 'vault: { directory: /v/ }',
      },
      'exporters.file/e.path: must not be in the directory of the vault',
    ],
    [{ exporters: 'file/e: { path: /v2/o.jsonl }', more: 'vault: { directory: /v }' }],
    [
      { more: 'replay: { rate: «50MiB }' },
      'replay.rate: must be a rate such as 50MiB/s, is "50MiB"',
    ],
  ]);
});
