// Where the cgroups of this process lie in the file system: /proc/self/cgroup names them, and
// /proc/self/mountinfo says which part of which hierarchy is mounted where (proc(5), cgroups(7)).

import { posix } from 'node:path';

/** In v1 each may have a hierarchy, and so a mount, of its own. */
export type CgroupController = 'memory' | 'cpu';

export interface CgroupMount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Of the own cgroup; the mount point itself or below it. */
  readonly ownDirectory: string;
}

/**
 * Every mount through which the own cgroup can be seen, where `controller` may be: none on hosts
 * without cgroups, two in hybrid set-ups.
 */
export function cgroupMounts(
  cgroupText: string,
  mountinfoText: string,
  controller: CgroupController = 'memory',
): CgroupMount[] {
  const paths = ownPaths(cgroupText, controller);
  return mountinfoText.split('\n').flatMap((line): CgroupMount[] => {
    const mount = parseMount(line, controller);
    if (mount === undefined) return [];
    const ownPath = mount.version === 2 ? paths.v2 : paths.v1;
    if (ownPath === undefined) return [];
    const below = pathBelow(ownPath, mount.root);
    // A mount of some other part of the hierarchy shows other people's cgroups, not ours.
    if (below === undefined) return [];
    const { version, mountPoint } = mount;
    return [{ version, mountPoint, ownDirectory: posix.join(mountPoint, below) }];
  });
}

/** The own cgroup and its parents, as far up as the mount shows them. */
export function directoriesUp(mount: CgroupMount): string[] {
  const directories = [mount.ownDirectory];
  for (let directory = mount.ownDirectory; directory !== mount.mountPoint; ) {
    directory = posix.dirname(directory);
    directories.push(directory);
  }
  return directories;
}

/** Lines are `hierarchy:controllers:path`; hierarchy 0 without controllers is v2. */
function ownPaths(
  text: string,
  controller: CgroupController,
): { readonly v1: string | undefined; readonly v2: string | undefined } {
  let v1: string | undefined;
  let v2: string | undefined;
  for (const line of text.split('\n')) {
    const [, hierarchy, controllers = '', path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (hierarchy === '0' && controllers === '') v2 = path;
    else if (controllers.split(',').includes(controller)) v1 = path;
  }
  return { v1, v2 };
}

interface ParsedMount {
  readonly version: 1 | 2;
  /** The cgroup that is mounted, as a path that /proc/self/cgroup's paths compare with. */
  readonly root: string;
  readonly mountPoint: string;
}

/**
 * Fields: id, parent, device, root, mount point, options, optional fields, "-", type, source, super
 * options.
 */
function parseMount(line: string, controller: CgroupController): ParsedMount | undefined {
  const [left = '', right = ''] = line.split(' - ');
  const [, , , root, mountPoint] = left.split(' ');
  const [type, , superOptions = ''] = right.split(' ');
  if (root === undefined || mountPoint === undefined) return undefined;
  const isV1 = type === 'cgroup' && superOptions.split(',').includes(controller);
  if (type !== 'cgroup2' && !isV1) return undefined;
  return {
    version: type === 'cgroup2' ? 2 : 1,
    root: unescapeOctal(root),
    mountPoint: posix.normalize(unescapeOctal(mountPoint)),
  };
}

/**
 * `path` as seen from `root`; undefined when it is not below it, which is also so for roots outside
 * our namespace ("/..").
 */
function pathBelow(path: string, root: string): string | undefined {
  if (root === '/' || root === path) return root === path ? '' : insideOnly(path);
  return path.startsWith(`${root}/`) ? insideOnly(path.slice(root.length)) : undefined;
}

function insideOnly(path: string): string | undefined {
  return path.split('/').includes('..') ? undefined : path;
}

/** Blanks and the like stand as \040 in mountinfo. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
