import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GiB, MiB } from '../../limits.ts';
import { DirectReason } from '../../vault/direct-io-trial.ts';
import { IoFault } from '../../vault/io-fault.ts';
import { certificateVerdict } from './certificate-check.ts';
import { clockVerdict } from './clock-check.ts';
import { directIoVerdict } from './direct-io-check.ts';
import { fileLimitVerdict } from './file-limit-check.ts';
import { type Finding, type FindingLevel, fine, warning, worstLevel } from './finding.ts';
import { memoryVerdict } from './memory-check.ts';
import { portVerdict } from './port-check.ts';
import { pressureVerdict } from './pressure-check.ts';
import { mediumVerdict, spaceVerdict } from './space-check.ts';
import { syncVerdict } from './sync-check.ts';

/** What is not fine says what to do. */
function check(finding: Finding, level: FindingLevel, found: RegExp): void {
  assert.equal(finding.level, level, finding.found);
  assert.match(finding.found, found);
  assert.equal(finding.hint === undefined, level === 'fine', 'a hint for what is not fine');
}

test('worstLevel() is that of the worst finding, fine of none', () => {
  const bad: Finding = { check: 'a', level: 'failure', found: 'x', hint: 'y' };
  assert.equal(worstLevel([]), 'fine');
  assert.equal(worstLevel([fine('a', 'x'), warning('a', 'x', 'y')]), 'warning');
  assert.equal(worstLevel([bad, warning('a', 'x', 'y')]), 'failure');
});

test('directIoVerdict() says why direct I/O does not work', () => {
  const works = {
    direct: true,
    reason: DirectReason.None,
    fault: IoFault.None,
    alignmentBytes: 512,
  };
  check(directIoVerdict(works), 'fine', /units of 512 bytes/);
  const refused = { ...works, direct: false, reason: DirectReason.Open, fault: IoFault.Invalid };
  check(directIoVerdict(refused), 'warning', /\(open: Invalid\)/);
});

test('syncVerdict() warns of a slow tail, and fails a disk that takes a second or refuses', () => {
  const times = (p50Ms: number, p99Ms: number) =>
    syncVerdict({ kind: 'times', p50Ms, p99Ms, count: 64 });
  check(times(0.3, 2), 'fine', /p50 0\.3 ms, p99 2\.0 ms of 64/);
  check(times(5, 130), 'warning', /p99 130 ms/);
  check(times(1_200, 2_000), 'failure', /p50 1\.2 s/);
  check(syncVerdict({ kind: 'fault', reason: 'Medium' }), 'failure', /refuses to write: Medium/);
});

test('spaceVerdict() compares what vault.limit promises with what there is', () => {
  const facts = {
    ...{ availableBytes: 20 * GiB, fileSystemBytes: 100 * GiB, vaultBytes: 2 * GiB },
    ...{ limitBytes: 8 * GiB, minFreeBytes: undefined },
  };
  check(spaceVerdict(facts), 'fine', /20\.0 GiB free, 5\.0 GiB .* may still take 6\.0 GiB/);
  check(spaceVerdict({ ...facts, availableBytes: 10 * GiB }), 'warning', /6\.0 GiB/);
  check(spaceVerdict({ ...facts, availableBytes: 11 * GiB }), 'fine', /6\.0 GiB/);
  check(spaceVerdict({ ...facts, availableBytes: 4 * GiB }), 'failure', /4\.0 GiB free/);
  const kept = { ...facts, availableBytes: 6 * GiB, minFreeBytes: 0 };
  check(spaceVerdict(kept), 'fine', /0 B of it left/);
  check(spaceVerdict({ ...facts, limitBytes: undefined }), 'fine', /left to others$/);
});

test('mediumVerdict() fails memory unless that is wanted', () => {
  check(mediumVerdict(0xef53, false), 'fine', /^ext4$/);
  check(mediumVerdict(0x0102_1994, false), 'failure', /tmpfs is memory/);
  check(mediumVerdict(0x0102_1994, true), 'warning', /tmpfs is memory/);
  check(mediumVerdict(0x6969, false), 'warning', /network/);
});

test('memoryVerdict() leaves room for what else counts in a cgroup', () => {
  const cgroup = { limitBytes: 256 * MiB, sourceFile: '/sys/fs/cgroup/memory.max' };
  const facts = { cgroup, hostBytes: 8 * GiB, limitBytes: 215 * MiB };
  check(memoryVerdict(facts), 'fine', /215\.0 MiB of 256\.0 MiB \(limit in \/sys/);
  check(memoryVerdict({ ...facts, limitBytes: 240 * MiB }), 'warning', /240\.0 MiB/);
  check(memoryVerdict({ ...facts, limitBytes: 300 * MiB }), 'failure', /300\.0 MiB/);
  const none = { limitBytes: undefined, sourceFile: undefined };
  check(memoryVerdict({ ...facts, cgroup: none }), 'fine', /8\.0 GiB \(no limit/);
  check(memoryVerdict({ ...facts, limitBytes: undefined }), 'fine', /^256\.0 MiB/);
});

test('pressureVerdict() warns of what is absent, and of a host that suffers', () => {
  check(pressureVerdict({ memory: 0, cpu: 80, io: 3 }), 'fine', /cpu 80 %/);
  check(pressureVerdict({ memory: 0, cpu: 0, io: undefined }), 'warning', /pressure on io$/);
  check(pressureVerdict({ memory: 12, cpu: 0, io: 0 }), 'warning', /memory 12 %/);
  check(pressureVerdict({ memory: 0, cpu: 0, io: 60 }), 'warning', /io 60 %/);
});

test('fileLimitVerdict() counts connections twice: as many may be parked', () => {
  check(fileLimitVerdict(65_536, 4_096), 'fine', /65,536 .* 8,704 are needed/);
  check(fileLimitVerdict(8_000, 4_096), 'warning', /8,000/);
  check(fileLimitVerdict(1_024, 4_096), 'failure', /1,024/);
  check(fileLimitVerdict(undefined, 4_096), 'fine', /no limit/);
});

test('portVerdict() tells an engine that runs from somebody else', () => {
  const facts = { name: 'control', host: '::1', port: 4319, fault: undefined, owner: undefined };
  check(portVerdict(facts), 'fine', /^control: \[::1\]:4319 is free$/);
  check(portVerdict({ ...facts, fault: 'EACCES' }), 'failure', /EACCES/);
  check(portVerdict({ ...facts, fault: 'EADDRNOTAVAIL' }), 'failure', /EADDRNOTAVAIL/);
  const taken = { ...facts, fault: 'EADDRINUSE' };
  check(portVerdict(taken), 'warning', /not to be seen/);
  const owner = (...command: string[]) => ({ ...taken, owner: { processId: 7, command } });
  check(portVerdict(owner('node', '/opt/g/dist/main.js', 'run')), 'fine', /engine, process 7/);
  check(portVerdict(owner('node', '/opt/g/src/main.ts', 'dev')), 'fine', /engine, process 7/);
  check(portVerdict(owner('nginx')), 'failure', /process 7, nginx/);
  check(portVerdict(owner('node', 'server.js', 'run')), 'failure', /process 7, node/);
});

test('certificateVerdict() says what is broken, over, nearly over, or open', () => {
  const day = 24 * 60 * 60 * 1_000;
  const now = Date.UTC(2026, 0, 1);
  const facts = {
    ...{ name: 'control', fault: undefined, warnings: [], openKeyFile: undefined },
    expiresWallMs: now + 100 * day,
  };
  const verdict = (changes: Partial<Parameters<typeof certificateVerdict>[0]>) =>
    certificateVerdict({ ...facts, ...changes }, now);
  check(verdict({}), 'fine', /^control: 100 days left$/);
  check(verdict({ fault: 'ca.pem: ENOENT' }), 'failure', /ENOENT/);
  const expired = ['server.pem: expired on 2025-12-31'];
  check(verdict({ warnings: expired, expiresWallMs: now - day }), 'failure', /expired on/);
  check(verdict({ warnings: ['ca.pem: x is not an authority'] }), 'warning', /not an authority/);
  check(verdict({ expiresWallMs: now + 6 * day }), 'warning', /6 days left/);
  check(verdict({ openKeyFile: '/tls/server.key' }), 'warning', /everybody may read \/tls/);
  check(verdict({ expiresWallMs: undefined }), 'fine', /no date/);
});

test('clockVerdict() warns of clocks that jump, drift or are slow to read', () => {
  const facts = {
    ...{ wallMs: Date.UTC(2026, 5, 1), driftMs: 0.4, isSynchronized: true, source: 'tsc' },
  };
  check(clockVerdict(facts), 'fine', /^2026-06-01T00:00:00.000Z, synchronized; tsc$/);
  check(clockVerdict({ ...facts, isSynchronized: undefined }), 'fine', /nobody says/);
  check(clockVerdict({ ...facts, isSynchronized: false }), 'warning', /not synchronized/);
  check(clockVerdict({ ...facts, driftMs: -2_000 }), 'warning', /jumped by -2000 ms/);
  check(clockVerdict({ ...facts, source: 'hpet' }), 'warning', /hpet/);
  check(clockVerdict({ ...facts, wallMs: 0 }), 'failure', /1970/);
});
