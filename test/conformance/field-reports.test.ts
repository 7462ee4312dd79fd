// Scenario: what users of other pipelines reported about sizes (G), downstreams (J), input (M),
// connections (N) and, in tables of their own, memory, back-pressure and the host (A, B, K) and the
// vault (C, D, E, F, L), row by row, and the tests here that play it.
// Guarantees: every row has its test, and a test that is renamed or removed is missed here; the
// themes of `namedThemes` are played by tests whose titles begin with the name of the row.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pressureReports } from './pressure-reports.ts';
import { type ReportTests, vaultReports } from './vault-reports.ts';

/** File and a piece of the title as it stands in the source, by row. */
const reports = {
  G1: [
    ['test/conformance/size-limits.test.ts', ', inflated too'],
    ['test/exporter/real-memory.test.ts', 'a batch larger than max_size goes in enriched pieces'],
  ],
  G2: [
    [
      'src/otlp/logs-split.test.ts',
      'writeRecords() gives pieces that together hold the same records',
    ],
    ['test/exporter/real-memory.test.ts', 'a batch larger than max_size goes in enriched pieces'],
  ],
  G3: [
    [
      'test/exporter/downstream-modes.test.ts',
      'too large is split until it is taken, and the size',
    ],
    [
      'test/exporter/downstream-modes.test.ts',
      'one record that is too large is refused, its batch',
    ],
    ['test/conformance/downstream-answers.test.ts', '413 is cut in halves, and a lone record'],
  ],
  G4: [
    ['test/conformance/size-limits.test.ts', 'bomb is refused, and its connection lives'],
    ['test/conformance/size-limits.test.ts', '64 bombs at once are refused, each alone'],
    ['test/conformance/size-limits.test.ts', 'what claims or nests without end is refused'],
  ],
  G5: [['test/conformance/size-limits.test.ts', 'several members are one message; whatever else']],
  J1: [
    ['src/exporter/retry-policy.test.ts', 'retryDelayMs() honours what the server asks for, up to'],
    ['src/exporter/circuit-breaker.test.ts', 'failed() holds everything back for the interval'],
    ['test/exporter/destination-behaviour.test.ts', 'a wait that the server asked for is kept'],
  ],
  J2: [
    ['test/downstream/downstream.test.ts', 'answers after our timeout'],
    [
      'test/exporter/downstream-modes.test.ts',
      'a resend of unknown outcome carries the same batch',
    ],
  ],
  J3: [['test/conformance/downstream-isolation.test.ts', 'one of three destinations fails five']],
  J4: [['test/conformance/downstream-isolation.test.ts', 'a destination that hangs and is not']],
  J5: [
    ['test/conformance/downstream-isolation.test.ts', 'an engine listens and answers though no'],
  ],
  J6: [
    ['test/lifecycle/drain.test.ts', 'SIGTERM ends by the deadline with a destination that never'],
  ],
  J7: [
    ['test/exporter/downstream-modes.test.ts', 'of 30 batches only the poisoned record is refused'],
  ],
  J8: [
    ['test/exporter/grpc-connections.test.ts', 'a peer that goes silent is found out by a PING'],
    ['test/exporter/http-connections.test.ts', 'connections follow the name within a minute'],
    ['test/exporter/downstream-modes.test.ts', 'a sink that starts late and restarts on its port'],
  ],
  J9: [
    ['test/exporter/grpc-connections.test.ts', 'a server that accepts and resets is tried a few'],
  ],
  J10: [
    ['src/exporter/retry-policy.test.ts', 'outcome_overrides change single rows, never a success'],
    ['test/conformance/downstream-isolation.test.ts', 'a status is refused for good at one'],
  ],
  M1: [
    ['test/conformance/awkward-input.test.ts', 'what the downstream rejects is counted, with its'],
  ],
  M2: [
    ['test/conformance/awkward-input.test.ts', 'a record without resource and scope arrives'],
    ['src/otlp/json-transcoder.test.ts', 'takes a record without resource and scope'],
  ],
  M3: [
    ['test/conformance/awkward-input.test.ts', 'noise, and every prefix of a request, is refused'],
    ['test/conformance/awkward-input.test.ts', 'a request of another signal is refused, not taken'],
    ['test/conformance/awkward-input.test.ts', 'other paths and verbs have an answer of ours'],
    ['test/conformance/awkward-input.test.ts', 'bytes that are no TLS, and TLS with noise in it'],
  ],
  M4: [
    ['test/conformance/awkward-input.test.ts', 'lengths beyond what there is are refused, whoever'],
    ['test/kernel/otlp-scan.fuzz.test.ts', 'damaged messages'],
  ],
  M5: [['test/conformance/awkward-input.test.ts', 'messages in each other are']],
  M6: [
    ['test/conformance/awkward-input.test.ts', 'gzip and zstd arrive, other encodings are refused'],
    ['test/interop/collector-sender.test.ts', 'engine forwards what a Collector sends over gRPC'],
  ],
  N1: [
    [
      'test/lifecycle/certificates.test.ts',
      'certificates are taken over when they are good, and live',
    ],
    ['test/exporter/certificate-reload.test.ts', 'a new CA bundle decides about new connections'],
    ['test/exporter/certificate-reload.test.ts', 'a new client certificate is for new connections'],
    [
      'src/tls/server-context.test.ts',
      'listenerContext() leaves live connections alone and forgets',
    ],
  ],
  N2: [
    [
      'test/http2/time-limits.test.ts',
      'PINGs, one a second without streams, are answered and never',
    ],
    ['test/http2/time-limits.test.ts', 'beyond 100 PINGs at once and 100 a second, reading slows'],
    [
      'test/interop/connections.test.ts',
      'engine bears 30 pings in 3 s from grpc-js without a call',
    ],
  ],
  N3: [
    ['test/conformance/connections.test.ts', 'one connection serves thousands of exports'],
    ['test/conformance/connections.test.ts', '64 exports of 4 MiB at once on one connection'],
  ],
  N4: [
    [
      'test/soak/connection-cycles.test.ts',
      'the engine stays as large as it is while producers come',
    ],
    ['test/soak/cancelled-calls.test.ts', 'the engine gives back all that cancelled calls had'],
  ],
  N5: [
    ['test/conformance/connections.test.ts', 'a connection that gets old is sent away, and every'],
    [
      'src/ingester/http1-server.test.ts',
      'says close with the next answer when a connection is old',
    ],
    [
      'test/exporter/http-connections.test.ts',
      'connections are used again, and replaced after 30 min',
    ],
    [
      'src/exporter/grpc-channel.test.ts',
      'a connection is replaced after 30 min +-10 %, and leaves',
    ],
  ],
  // Every connection of version 1 is mTLS over TCP: there is no socket file to leave behind.
  N6: 'not in version 1: no unix sockets',
  N7: [
    [
      'test/conformance/connections.test.ts',
      'clients that post just when their connection gets idle',
    ],
    ['src/ingester/http1-server.test.ts', 'closes an idle connection after the idle and the grace'],
    ['src/ingester/http1-server.test.ts', 'lets a request that comes in the grace time finish'],
  ],
  N8: [
    ['test/conformance/reload-under-load.test.ts', 'the ports survive 200 reloads under load'],
    [
      'test/first-minutes/command-line.test.ts',
      'a second engine on the port of the first exits with',
    ],
  ],
  N9: [
    [
      'test/conformance/connections.test.ts',
      '1,000 new connections, 100 at once, are all served, and',
    ],
    ['src/tls/connection-gate.test.ts', 'ConnectionGate bounds the handshakes under way'],
    ['test/lifecycle/both-ports.test.ts', 'a session ticket is good at both shards and both ports'],
  ],
} as const satisfies Record<string, ReportTests>;

const root = new URL('../../', import.meta.url);

const allReports: Readonly<Record<string, ReportTests>> = {
  ...reports,
  ...pressureReports,
  ...vaultReports,
};

const namedThemes: readonly string[] = ['A', 'B', 'K', 'N'];

for (const [row, tests] of Object.entries(allReports)) {
  if (typeof tests === 'string') continue;
  test(`${row} is played by the tests that are named for it`, () => {
    const found = tests.flatMap(([file, title]) => {
      const there = titlesIn(file).filter((line) => line.includes(title));
      assert.ok(there.length > 0, `${file} has no test "${title}"`);
      return there;
    });
    const beginsWithRow = new RegExp(`['"\`](?:[A-Z]\\d+ )*${row} `);
    const isNamed = found.some((line) => beginsWithRow.test(line));
    assert.ok(isNamed || !namedThemes.includes(row[0]!), `no title begins with ${row}`);
  });
}

/** Lines of the source that give a test its title. */
function titlesIn(file: string): string[] {
  const lines = readFileSync(new URL(file, root), 'utf8').split('\n');
  // A test that is skipped, or still to be written, plays nothing.
  return lines.filter((line) => /(?<!\.)\b(?:test|it)\(|\btitle: /.test(line));
}

test('every row of these themes is here', () => {
  const themes = { G: 5, J: 10, M: 6, N: 9, A: 12, B: 8, K: 4, C: 18, D: 10, E: 14, F: 7, L: 6 };
  const rows = Object.entries(themes).flatMap(([theme, count]) =>
    Array.from({ length: count }, (_, index) => `${theme}${index + 1}`),
  );
  assert.deepEqual(Object.keys(allReports), rows);
});
