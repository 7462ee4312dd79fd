// container.id: 64 hexadecimal digits that the container runtime puts into the name of our cgroup,
// or, where a private cgroup namespace hides that (the usual case with cgroup v2), into paths that
// it mounts for us.

import type { Attributes, Surroundings } from './surroundings.ts';

export function detectContainer(surroundings: Pick<Surroundings, 'readFile'>): Attributes {
  const id =
    idFromCgroup(surroundings.readFile('/proc/self/cgroup') ?? '') ??
    idFromMounts(surroundings.readFile('/proc/self/mountinfo') ?? '');
  return id === undefined ? [] : [['container.id', id]];
}

/**
 * Last path part: `<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`, `crio-<id>.scope`,
 * `libpod-<id>`.
 */
function idFromCgroup(text: string): string | undefined {
  for (const line of text.split('\n')) {
    // A process may sit in a cgroup below the container's own one, so the path is searched from its
    // end.
    for (const part of line.split('/').reverse()) {
      const id = /^(?:[a-z-]+[-:])?([0-9a-f]{64})(?:\.scope)?$/.exec(part)?.[1];
      if (id !== undefined) return id;
    }
  }
  return undefined;
}

// Runtimes bind these files from the container's own directory. With containerd and CRI-O under
// Kubernetes they come from the pod's sandbox (`/sandboxes/<id>/`), whose id is not ours: then
// there is no answer.
const boundFiles = new Set(['/etc/hostname', '/etc/hosts', '/etc/resolv.conf']);

function idFromMounts(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const [, , , root = '', mountPoint = ''] = line.split(' ');
    if (!boundFiles.has(mountPoint)) continue;
    const id = /\/(?:overlay-)?containers\/([0-9a-f]{64})\//.exec(root)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}
