import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAlternativeNames } from './alternative-names.ts';

test('parseAlternativeNames() tells names, addresses and URIs apart, without doubles', () => {
  const names = ['web.example.com', '*.example.com', 'svc_1', '10.0.0.7', '::1', 'spiffe://a/b'];
  assert.deepEqual(parseAlternativeNames([...names, 'DNS:localhost', 'IP:10.0.0.7', 'URI:x://y']), {
    dnsNames: ['web.example.com', '*.example.com', 'svc_1', 'localhost'],
    ipAddresses: ['10.0.0.7', '::1'],
    uriSans: ['spiffe://a/b', 'x://y'],
  });
});

test('parseAlternativeNames() refuses what is none of them', () => {
  const bad = [
    '',
    'a b',
    'a,DNS:b',
    '-a',
    'a..b',
    'fe80::1%eth0',
    'IP:web',
    'URI:web',
    'ünï',
    'a\nb',
  ];
  for (const name of bad) {
    assert.throws(() => parseAlternativeNames([name]), { code: 'TLS_MATERIAL' }, name);
  }
});
