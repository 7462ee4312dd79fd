// Subject alternative names as people write them on a command line: "localhost", "10.0.0.7",
// "spiffe://example.com/web", or with the kind in front ("DNS:", "IP:", "URI:").

import { isIP } from 'node:net';
import { GopherShipError } from '../errors.ts';
import { printable } from './printable.ts';

export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uriSans: readonly string[];
}

export function parseAlternativeNames(names: readonly string[]): AlternativeNames {
  const dnsNames = new Set<string>();
  const ipAddresses = new Set<string>();
  const uriSans = new Set<string>();
  for (const name of names) {
    const [, kind, value = ''] = /^(?:(DNS|IP|URI):)?(.*)$/s.exec(name)!;
    if (accepts(kind, 'IP') && isIP(value) !== 0 && !value.includes('%')) ipAddresses.add(value);
    else if (accepts(kind, 'URI') && uri.test(value) && URL.canParse(value)) uriSans.add(value);
    else if (accepts(kind, 'DNS') && dnsName.test(value)) dnsNames.add(value);
    else {
      throw new GopherShipError(
        'TLS_MATERIAL',
        `"${printable(name)}" is not a DNS name, an IP address or a URI`,
      );
    }
  }
  return { dnsNames: [...dnsNames], ipAddresses: [...ipAddresses], uriSans: [...uriSans] };
}

function accepts(kind: string | undefined, wanted: string): boolean {
  return kind === undefined || kind === wanted;
}

// RFC 1123 labels, a leading wildcard, and the underscore that container networks use.
const dnsName =
  /^(?=.{1,253}$)(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/;
const uri = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[\x21-\x7e]+$/;
