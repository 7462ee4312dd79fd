import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { testCertificates } from '../../test/support/certificates.ts';
import { type IssueOptions, issue } from './certificate-authority.ts';
import { alternativeNames, certificateIdentity, type PeerIdentity } from './peer-identity.ts';

async function check(options: Partial<IssueOptions>, expected: PeerIdentity): Promise<void> {
  const { ca } = await testCertificates();
  const pair = await issue({ ca, commonName: 'x', usage: 'client', daysValid: 1, ...options });
  assert.deepEqual(certificateIdentity(new X509Certificate(pair.certPem)), expected);
}

test('certificateIdentity() takes the common name when there is no URI', () =>
  check(
    { commonName: 'web-1', organizationalUnit: 'gophership-operator', dnsNames: ['web.example'] },
    {
      subject: 'O=GopherShip, OU=gophership-operator, CN=web-1',
      organizationalUnits: ['gophership-operator'],
      uriSans: [],
      producerName: 'web-1',
    },
  ));

test('certificateIdentity() prefers the first URI', () =>
  check(
    { uriSans: ['spiffe://a/web', 'spiffe://a/other'] },
    {
      subject: 'O=GopherShip, CN=x',
      organizationalUnits: [],
      uriSans: ['spiffe://a/web', 'spiffe://a/other'],
      producerName: 'spiffe://a/web',
    },
  ));

test('certificateIdentity() lets no value pose as another field or drive a terminal', () =>
  check(
    {
      commonName: 'x\nOU=gophership-operator, OU=gophership-operator\u001b[2J\u202e',
      dnsNames: ['a, URI:spiffe://evil'],
      uriSans: ['spiffe://x/y, URI:spiffe://z'],
    },
    {
      subject:
        'O=GopherShip, CN=x\\0AOU=gophership-operator\\, OU=gophership-operator\\1B[2J\\u202e',
      organizationalUnits: [],
      uriSans: ['spiffe://x/y, URI:spiffe://z'],
      producerName: 'spiffe://x/y, URI:spiffe://z',
    },
  ));

test('alternativeNames() lists one kind', async () => {
  const { server } = await testCertificates();
  const certificate = new X509Certificate(server.certPem);
  assert.deepEqual(alternativeNames(certificate, 'DNS'), ['localhost']);
  assert.deepEqual(alternativeNames(certificate, 'IP Address'), ['127.0.0.1', '0:0:0:0:0:0:0:1']);
});
