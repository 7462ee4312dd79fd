// TLS options of outbound connections (exporters, gs-ctl): the server is always verified, against
// the given bundle or Node's bundled roots, whatever the environment says. One context per reload
// of the material, not per connection: making one parses every root.

import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  rootCertificates,
} from 'node:tls';
import { assert } from '../assert.ts';
import type { PemMaterial } from './pem-material.ts';

export interface ClientTls {
  /** Replaces the host in SNI and in the verification of the server's name. */
  readonly serverName: string | undefined;
  readonly versionMin: 'TLSv1.2' | 'TLSv1.3';
}

export interface ClientContext {
  /**
   * For tls.connect() or http2.connect(); the caller adds host, port and its own socket options.
   */
  connectionOptions(host: string, alpnProtocols: readonly string[]): ConnectionOptions;
}

export function createClientContext(tls: ClientTls, material: PemMaterial): ClientContext {
  const { ca, cert, key } = material;
  assert((cert === undefined) === (key === undefined), 'certificate and key come together');
  const secureContext = createSecureContext({
    // Without `ca` Node would add NODE_EXTRA_CA_CERTS, or take what --use-openssl-ca and
    // SSL_CERT_FILE name. Parsing the roots costs 10 ms and 1 MB.
    ca: ca ?? [...rootCertificates],
    cert,
    key,
    minVersion: tls.versionMin,
    maxVersion: 'TLSv1.3',
  });
  return {
    connectionOptions(host, alpnProtocols) {
      const name = tls.serverName ?? host;
      return {
        secureContext,
        rejectUnauthorized: true,
        ALPNProtocols: [...alpnProtocols],
        // RFC 6066 allows no addresses in SNI; the name check below still covers them.
        servername: isIP(name) === 0 ? name : '',
        checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
      };
    },
  };
}
