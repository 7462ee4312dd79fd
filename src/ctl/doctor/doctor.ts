// `gs-ctl doctor`: what this host is like for an engine. Looks only at the host that it runs on,
// and leaves nothing behind.

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { cgroupMemoryLimit } from '../../monitor/cgroup.ts';
import { hostFiles } from '../../monitor/host-files.ts';
import { hostMemoryTotalBytes } from '../../monitor/host-memory.ts';
import { DoctorExit } from '../exit-code.ts';
import { columns, show, type Terminal } from '../terminal.ts';
import { certificateSources, certificateVerdict, probeCertificates } from './certificate-check.ts';
import { clockVerdict, probeClockSource, probeSynchronized } from './clock-check.ts';
import { directIoVerdict, probeDirectIo } from './direct-io-check.ts';
import { type ConfigSources, readDoctorConfig } from './doctor-config.ts';
import { fileLimitVerdict, probeFileLimit } from './file-limit-check.ts';
import { type Finding, failure, worstLevel } from './finding.ts';
import { memoryVerdict } from './memory-check.ts';
import { portVerdict, probePort } from './port-check.ts';
import { portOwner } from './port-owner.ts';
import { pressureVerdict, probePressure } from './pressure-check.ts';
import { makeProbeFolder } from './probe-folder.ts';
import { mediumVerdict, probeFileSystem, probeVaultBytes, spaceVerdict } from './space-check.ts';
import { probeSync, syncVerdict } from './sync-check.ts';

export interface DoctorFlags extends ConfigSources {
  /** Of the vault; undefined: that of the configuration. */
  readonly directory: string | undefined;
}

export async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<DoctorExit> {
  const { config, findings } = readDoctorConfig(flags, terminal);
  const named = flags.directory ?? config?.vault?.directory;
  const directory = named === undefined ? undefined : resolve(terminal.directory, named);
  const checked = [
    ...findings,
    ...(directory === undefined ? [] : checkDisk(directory, config)),
    ...checkHost(config),
    ...(await checkPorts(config)),
    ...(await checkCertificates(config)),
    await checkClock(),
  ];
  const level = worstLevel(checked);
  const value = { kind: 'DoctorReport', level, findings: checked.map(findingValue) };
  await show(terminal, value, () => table(checked));
  const isPartial = config === undefined && flags.config.length === 0;
  if (isPartial) terminal.talk(`hint: ${partialHint}\n`);
  return exitOf[level];
}

const exitOf = {
  fine: DoctorExit.Fine,
  warning: DoctorExit.Warning,
  failure: DoctorExit.Failure,
} as const;

const partialHint = '--config FILE checks vault, ports, certificates and memory of an engine too';

const readFile = hostFiles('/');

function checkDisk(directory: string, config: Config | undefined): Finding[] {
  const probe = makeProbeFolder(directory);
  const { parent } = probe;
  const { type, availableBytes, sizeBytes } = probeFileSystem(parent);
  const findings = [mediumVerdict(type, config?.vault?.allowVolatile ?? false)];
  findings.push(
    spaceVerdict({
      ...{ availableBytes, fileSystemBytes: sizeBytes, vaultBytes: probeVaultBytes(directory) },
      ...{ limitBytes: config?.vault?.limitBytes, minFreeBytes: config?.vault?.minFreeBytes },
    }),
  );
  if (probe.kind === 'refused') {
    const text = `nothing can be written in ${parent}: ${probe.reason}`;
    return [...findings, failure('direct_io', text, 'run this as the user of the engine')];
  }
  try {
    const direct = probeDirectIo(probe.path);
    const sync = probeSync(probe.path, direct.direct, () => systemClock.nowMs());
    return [...findings, directIoVerdict(direct), syncVerdict(sync)];
  } finally {
    probe.remove();
  }
}

function checkHost(config: Config | undefined): Finding[] {
  const cgroup = cgroupMemoryLimit();
  const { limitBytes, connectionsMax } = config?.memory ?? {};
  return [
    memoryVerdict({ cgroup, hostBytes: hostMemoryTotalBytes(), limitBytes }),
    pressureVerdict(probePressure(readFile)),
    fileLimitVerdict(probeFileLimit(readFile), connectionsMax),
  ];
}

async function checkPorts(config: Config | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (config === undefined) return findings;
  const { grpc, http } = config.receivers;
  const { control } = config;
  for (const [name, listener] of Object.entries({
    'receivers grpc': grpc,
    'receivers http': http,
    control,
  })) {
    if (listener === undefined || listener.port === 0) continue;
    const { host, port } = listener;
    const fault = await probePort(host, port);
    const owner = fault === 'EADDRINUSE' ? portOwner(port, readFile) : undefined;
    findings.push(portVerdict({ name, host, port, fault, owner }));
  }
  return findings;
}

async function checkCertificates(config: Config | undefined): Promise<Finding[]> {
  const wallMs = systemClock.wallMs();
  const all = config === undefined ? [] : certificateSources(config);
  const facts = await Promise.all(all.map((sources) => probeCertificates(sources, wallMs)));
  return facts.map((one) => certificateVerdict(one, wallMs));
}

/** Long enough for a clock that jumps now and then to be seen jumping. */
const clockLookMs = 300;

async function checkClock(): Promise<Finding> {
  const [wallMs, nowMs] = [systemClock.wallMs(), systemClock.nowMs()];
  await sleep(clockLookMs);
  const driftMs = systemClock.wallMs() - wallMs - (systemClock.nowMs() - nowMs);
  return clockVerdict({
    ...{ wallMs, driftMs, isSynchronized: probeSynchronized(), source: probeClockSource(readFile) },
  });
}

/** Absent values are null. */
function findingValue({ check, level, found, hint = null }: FindingParts) {
  return { check, level, found, hint };
}

type FindingParts = Omit<Finding, 'hint'> & { readonly hint?: string | null };

function table(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, level, found }) => [check, level, found]);
  const hints = findings.flatMap(({ check, hint }) => (hint ? [`${check}: ${hint}\n`] : []));
  return `${columns(['CHECK', 'LEVEL', 'FOUND'], rows)}${hints.length > 0 ? '\n' : ''}${hints.join('')}`;
}
