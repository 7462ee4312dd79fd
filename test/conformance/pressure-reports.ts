// What users of other pipelines reported about memory (A), back-pressure (B) and the host (K): the
// tests that play each row. One title of each row begins with its name.

import type { ReportTests } from './vault-reports.ts';

const reports = 'test/reports';
const outage = `${reports}/outage.test.ts`;
const stages = `${reports}/full-stages.test.ts`;
const onHost = `${reports}/vault-on-host.test.ts`;
const cgroup = 'src/monitor/cgroup.test.ts';
const noRoom = [`${reports}/no-room.test.ts`, 'B2 B3 who can take nothing says so'] as const;
const fullVault = [
  'test/vault-engine/full.test.ts',
  'B1 B3 E4 E6 L1 a full vault answers',
] as const;

export const pressureReports: Readonly<Record<string, ReportTests>> = {
  A1: [[`${reports}/overload.test.ts`, 'A1 a downstream that is exhausted for ever']],
  A2: [
    [`${reports}/overload.test.ts`, 'A2 64 connections send 4 MiB batches back to back'],
    [`${reports}/overload.test.ts`, 'A2 waves of 1 MiB from 200 connections'],
  ],
  A3: [[outage, 'A3 a black hole for a downstream costs no CPU']],
  A4: [[outage, 'A4 2,000 calls at once, to a slow downstream']],
  A5: [
    [outage, 'A5 one limit holds for the memory of a process'],
    [outage, 'A5 a limit that cannot hold the configuration'],
    ['test/vault-engine/memory.test.ts', 'A5 A7 A8 F2 memory stays within its limit'],
  ],
  A6: [[`${reports}/small-box.test.ts`, 'A6 300 idle connections of 1,000']],
  A7: [
    [`${reports}/backlog.test.ts`, 'A7 an engine that starts on thousands of segments'],
    ['test/vault-engine/memory.test.ts', 'A5 A7 A8 F2 memory stays within its limit'],
  ],
  A8: [
    [`${reports}/backlog.test.ts`, 'A8 what waits in the vault for its next attempt'],
    ['test/vault-engine/memory.test.ts', 'A5 A7 A8 F2 memory stays within its limit'],
  ],
  A9: [
    [`${reports}/oversize.test.ts`, 'A9 a record larger than the downstream takes'],
    [`${reports}/oversize.test.ts`, 'A9 such a record in the vault is set aside alone'],
  ],
  A10: [
    ['test/conformance/pressure-input.test.ts', 'A10 memory that only Buffers hold'],
    ['src/monitor/host-sampler.test.ts', 'leaves the arena out of anonymous memory'],
  ],
  A11: [
    [`${reports}/limit-in-sight.test.ts`, 'A11 the limit of the parent decides'],
    [cgroup, 'reads v2 in a private namespace'],
    [cgroup, 'follows the path in the host namespace'],
    [cgroup, 'takes the limit of a parent when the own one is max or larger'],
    [cgroup, 'knows v1 "unlimited" and hierarchical_memory_limit'],
    [cgroup, 'is not misled by the host hierarchy mounted a second time'],
    [cgroup, 'do without files that are not there'],
  ],
  A12: [[`${reports}/small-box.test.ts`, 'A12 what 200 connections with zstd took']],

  B1: [
    fullVault,
    ['test/interop/collector-retry.test.ts', 'Collector waits as RetryInfo says'],
    ['test/conformance/refusals-for-load.test.ts', 'a queue that is full is QUEUE_FULL'],
  ],
  B2: [noRoom],
  B3: [noRoom, fullVault],
  B4: [
    [stages, 'B4 a full export queue before a frozen downstream'],
    [stages, 'B4 a frozen disk sends batches to the downstream'],
    [stages, 'B4 with both frozen, each batch is acknowledged for good or refused'],
  ],
  B5: [
    ['test/conformance/retryable-sets.test.ts', 'B5 what producers should send again'],
    ['test/conformance/retryable-sets.test.ts', 'B5 of what a downstream says'],
    [
      'test/conformance/downstream-answers.test.ts',
      'RESOURCE_EXHAUSTED of a large request: again with',
    ],
    ['test/conformance/answer-forms.test.ts', 'what is for load or a fault of ours is never'],
  ],
  B6: [
    [stages, 'B6 what is acknowledged and finds the export queue full'],
    [stages, 'B6 what was acknowledged by the vault and then fails'],
  ],
  B7: [
    [`${reports}/bad-record.test.ts`, 'B7 a batch that cannot be read is refused alone'],
    [`${reports}/bad-record.test.ts`, 'B7 a batch that cannot be read and came in Red'],
    [`${reports}/bad-record.test.ts`, 'B7 a record that is refused is counted'],
  ],
  B8: [[stages, 'B8 a flush of 4 ms is paid by groups in Red']],

  K1: [
    ['test/vault-engine/start.test.ts', 'K1 a second engine on the vault ends with 73'],
    [onHost, 'K1 the lock of a vault holds over reloads and in another PID'],
  ],
  K2: [[onHost, 'K2 after a restart the vault says what waits in it']],
  K3: [[onHost, 'K3 the log of an outage without a loss']],
  K4: [
    [onHost, 'K4 verify finds damage before a start'],
    ['test/vault/vault-commands.test.ts', 'verify finds damage in every part, says where'],
  ],
};
