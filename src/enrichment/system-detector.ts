// The host: host.name, host.id, host.arch, os.type. In a container, host.name is the container's
// name for itself, and host.id is there only when /etc/machine-id of the host is mounted.

import type { Attributes, Surroundings } from './surroundings.ts';

export function detectSystem(
  surroundings: Pick<Surroundings, 'hostName' | 'readFile' | 'architecture' | 'platform'>,
): Attributes {
  const found: [string, string | undefined][] = [
    ['host.name', surroundings.hostName()],
    ['host.id', machineId(surroundings.readFile)],
    ['host.arch', archNames[surroundings.architecture] ?? surroundings.architecture],
    ['os.type', surroundings.platform],
  ];
  return found.flatMap(([key, value]): Attributes => (value ? [[key, value]] : []));
}

// The boot id is no substitute: it changes with every boot, and a host.id that changes is worse
// than none.
const machineIdFiles = ['/etc/machine-id', '/var/lib/dbus/machine-id'];

function machineId(readFile: Surroundings['readFile']): string | undefined {
  for (const path of machineIdFiles) {
    const id = readFile(path)?.trim();
    // An image that has not booted says "uninitialized" or nothing (machine-id(5)).
    if (id !== undefined && /^[0-9a-f]{32}$/.test(id)) return id;
  }
  return undefined;
}

/** Node's names to those of the semantic conventions; others are the same. */
const archNames: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm: 'arm32',
  ia32: 'x86',
};
