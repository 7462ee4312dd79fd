import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../log.ts';
import { detectContainer } from './container-detector.ts';
import { detectEnvironment, parseResourceAttributes } from './env-detector.ts';
import { detectKubernetes } from './k8s-detector.ts';
import { detectResource } from './resource-detection.ts';
import type { Surroundings } from './surroundings.ts';
import { detectSystem } from './system-detector.ts';

const id = '0123456789abcdef'.repeat(4);
const otherId = 'f'.repeat(64);

function surroundings(
  environment: Record<string, string>,
  files: Record<string, string> = {},
): Surroundings {
  return {
    environment,
    readFile: (path) => files[path],
    hostName: () => 'web-1',
    architecture: 'x64',
    platform: 'linux',
  };
}

test('parseResourceAttributes() decodes percent escapes and trims blanks', () => {
  assert.deepEqual(parseResourceAttributes(' service.name = a%2Cb , k=%C3%A9=1,,'), [
    ['service.name', 'a,b'],
    ['k', 'é=1'],
  ]);
  assert.deepEqual(parseResourceAttributes(''), []);
  assert.deepEqual(parseResourceAttributes('a=1,a=2,b='), [
    ['a', '2'],
    ['b', ''],
  ]);
});

test('parseResourceAttributes() names the entry that is wrong', () => {
  assert.equal(parseResourceAttributes('a=1,b'), 'entry 2 has no "="');
  assert.equal(parseResourceAttributes('a=%zz'), 'entry 1 has a bad % escape');
  assert.equal(parseResourceAttributes('a=1,=x'), 'entry 2 has an empty key');
});

test('detectEnvironment() ignores a bad variable, with a warning that does not show it', () => {
  const lines: string[] = [];
  const log = { ...silentLog, warn: (code: string, message: string) => lines.push(code, message) };
  const found = detectEnvironment(surroundings({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,secret' }), log);
  assert.deepEqual(found, []);
  assert.deepEqual(lines, ['CONFIG', 'OTEL_RESOURCE_ATTRIBUTES ignored: entry 2 has no "="']);
});

test('detectSystem() uses semantic convention names and leaves out what is unknown', () => {
  const machineId = 'ab'.repeat(16);
  const files = {
    '/etc/machine-id': 'uninitialized\n',
    '/var/lib/dbus/machine-id': `${machineId}\n`,
  };
  assert.deepEqual(detectSystem(surroundings({}, files)), [
    ['host.name', 'web-1'],
    ['host.id', machineId],
    ['host.arch', 'amd64'],
    ['os.type', 'linux'],
  ]);
  assert.equal(detectSystem(surroundings({})).length, 3);
});

test('detectContainer() finds the id under every runtime and cgroup version', () => {
  const mount = (root: string, point: string) => `1 2 8:1 ${root} ${point} rw - ext4 /dev/sda rw\n`;
  const cases: [cgroup: string | undefined, mountinfo: string, expected: string | undefined][] = [
    [`12:memory:/docker/${id}\n0::/docker/${id}\n`, '', id],
    [`0::/system.slice/docker-${id}.scope\n`, '', id],
    [`5:cpu:/kubepods/burstable/pod1a2b/${id}\n`, '', id],
    [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope\n`, '', id],
    [`0::/kubepods.slice/crio-${id}.scope/container\n`, '', id],
    [`0::/machine.slice/libpod-${id}.scope\n`, '', id],
    ['0::/\n', mount(`/var/lib/docker/containers/${id}/hostname`, '/etc/hostname'), id],
    ['0::/\n', mount(`/containers/overlay-containers/${id}/userdata/hosts`, '/etc/hosts'), id],
    ['0::/\n', mount(`/var/lib/docker/containers/${otherId}/x`, '/host/var'), undefined],
    ['0::/\n', mount(`/io.containerd/sandboxes/${otherId}/hosts`, '/etc/hosts'), undefined],
    ['0::/user.slice/session-3.scope\n', '', undefined],
    [undefined, '', undefined],
  ];
  for (const [cgroup, mountinfo, expected] of cases) {
    const files: Record<string, string> = { '/proc/self/mountinfo': mountinfo };
    if (cgroup !== undefined) files['/proc/self/cgroup'] = cgroup;
    const found = detectContainer(surroundings({}, files));
    assert.deepEqual(
      found,
      expected === undefined ? [] : [['container.id', expected]],
      cgroup ?? 'no file',
    );
  }
});

test('detectKubernetes() takes the first variable set, and plain names only in a pod', () => {
  const environment = { NODE_NAME: 'jenkins', K8S_POD_NAME: 'p', POD_NAME: 'q', POD_UID: '' };
  assert.deepEqual(detectKubernetes(surroundings(environment)), [['k8s.pod.name', 'p']]);
  const files = { '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'logs\n' };
  const inPod = surroundings({ ...environment, KUBERNETES_SERVICE_HOST: '10.0.0.1' }, files);
  assert.deepEqual(detectKubernetes(inPod), [
    ['k8s.node.name', 'jenkins'],
    ['k8s.pod.name', 'p'],
    ['k8s.namespace.name', 'logs'],
  ]);
});

test('detectResource() runs only the detectors that a processor names', () => {
  const found = detectResource(
    [{ id: 'resourcedetection', kind: 'resourcedetection', detectors: ['env'], override: false }],
    surroundings({ OTEL_RESOURCE_ATTRIBUTES: 'a=1', K8S_POD_NAME: 'p' }),
    silentLog,
  );
  assert.deepEqual(found, { env: [['a', '1']], system: [], container: [], k8s: [] });
});
