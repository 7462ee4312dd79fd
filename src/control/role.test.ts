import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerOf } from './role.ts';

const configured = {
  viewer: ['OU=gophership-viewer', 'URI=spiffe://example.com/prometheus'],
  operator: ['OU=gophership-operator', 'URI=spiffe://example.com/ops'],
};

interface Names {
  readonly units?: readonly string[];
  readonly uris?: readonly string[];
}

function check({ units = [], uris = [] }: Names, role: string): void {
  const identity = {
    subject: 'CN=somebody',
    organizationalUnits: units,
    uriSans: uris,
    producerName: 'somebody',
  };
  assert.deepEqual(callerOf(identity, configured), { subject: 'CN=somebody', role });
}

test('callerOf() finds the role by OU and by URI', () => {
  check({ units: ['gophership-viewer'] }, 'viewer');
  check({ units: ['gophership-operator'] }, 'operator');
  check({ uris: ['spiffe://example.com/prometheus'] }, 'viewer');
  check({ uris: ['spiffe://example.com/ops'] }, 'operator');
});

test('callerOf() gives the higher of two roles', () => {
  check({ units: ['gophership-viewer', 'gophership-operator'] }, 'operator');
  check({ units: ['gophership-viewer'], uris: ['spiffe://example.com/ops'] }, 'operator');
});

test('callerOf() takes nothing but the exact name of the right kind', () => {
  check({}, 'none');
  check({ units: ['gophership-producer'] }, 'none');
  check({ units: ['Gophership-Operator', 'gophership-operator ', 'gophership-operators'] }, 'none');
  check({ units: ['gophership-operator\u0000', 'x,OU=gophership-operator'] }, 'none');
  check({ units: ['OU=gophership-operator', 'spiffe://example.com/ops'] }, 'none');
  check({ uris: ['gophership-operator', 'spiffe://example.com/ops/'] }, 'none');
});

test('callerOf() lets nobody in who is gone, nor anybody without configured roles', () => {
  assert.equal(callerOf(undefined, configured).role, 'none');
  const identity = {
    ...{ subject: 'CN=a', organizationalUnits: ['gophership-operator'] },
    ...{ uriSans: [], producerName: 'a' },
  };
  assert.equal(callerOf(identity, { viewer: [], operator: [] }).role, 'none');
});
