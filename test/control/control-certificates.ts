// Certificates of everybody who comes to the control port in these tests: the roles, and those who
// only look like one. Made once per process.

import { issue, type PemPair } from '../../src/tls/certificate-authority.ts';
import { testCertificates } from '../support/certificates.ts';

const operatorUnit = 'gophership-operator';
const operatorUri = 'spiffe://control.test/operator';
const viewerUri = 'spiffe://control.test/viewer';

/** `control.roles` of the engine under test. */
export const controlRoles = {
  viewer: ['OU=gophership-viewer', `URI=${viewerUri}`],
  operator: [`OU=${operatorUnit}`, `URI=${operatorUri}`],
} as const;

export interface ControlCertificates {
  readonly operator: PemPair;
  readonly uriOperator: PemPair;
  readonly viewer: PemPair;
  readonly uriViewer: PemPair;
  /** May send logs, and nothing else. */
  readonly producer: PemPair;
  /** Of the right unit, but no longer valid. */
  readonly expired: PemPair;
  /** Of the right unit, for servers only. */
  readonly serverOnly: PemPair;
  /** By what they try; none has a role. */
  readonly impostors: Readonly<Record<string, PemPair>>;
}

export const operatorName = 'ops-alice';
export const viewerName = 'view-bob';
export const producerName = 'producer-carl';

let cached: Promise<ControlCertificates> | undefined;

export function controlCertificates(): Promise<ControlCertificates> {
  cached ??= make();
  return cached;
}

interface Names {
  readonly commonName?: string;
  readonly organizationalUnit?: string;
  readonly uriSans?: readonly string[];
  readonly dnsNames?: readonly string[];
}

/** Names that a careless comparison takes for an operator's. */
const impostorNames: Readonly<Record<string, Names>> = {
  'unit in another case': { organizationalUnit: 'Gophership-Operator' },
  'unit with a space behind': { organizationalUnit: `${operatorUnit} ` },
  'unit that goes on': { organizationalUnit: `${operatorUnit}s` },
  'unit that is shorter': { organizationalUnit: 'gophership' },
  'unit with the prefix of the rule': { organizationalUnit: `OU=${operatorUnit}` },
  'two lines in the unit': { organizationalUnit: `x\nOU=${operatorUnit}` },
  'a comma in the unit': { organizationalUnit: `x, OU=${operatorUnit}` },
  'unit in the common name': { commonName: `x, OU=${operatorUnit}` },
  'unit on a second line of the common name': { commonName: `x\nOU=${operatorUnit}` },
  'URI in the common name': { commonName: operatorUri },
  'URI in the unit': { organizationalUnit: operatorUri },
  'URI that goes on': { uriSans: [`${operatorUri}/more`] },
  'URI in another case': { uriSans: [operatorUri.toUpperCase()] },
  'URI as a DNS name': { dnsNames: [operatorUri] },
  'URI behind a comma': { uriSans: [`spiffe://x/a, URI:${operatorUri}`] },
  'unit as a URI': { uriSans: [`OU=${operatorUnit}`] },
};

async function make(): Promise<ControlCertificates> {
  const { ca } = await testCertificates();
  const client = (names: Names) =>
    issue({ ca, commonName: 'impostor', ...names, usage: 'client', daysValid: 7 });
  const operator = { commonName: operatorName, organizationalUnit: operatorUnit };
  const impostors = Object.entries(impostorNames).map(async ([name, names]) => {
    return [name, await client(names)] as const;
  });
  return {
    operator: await client(operator),
    uriOperator: await client({ commonName: 'ops-uri', uriSans: [operatorUri] }),
    viewer: await client({ commonName: viewerName, organizationalUnit: 'gophership-viewer' }),
    uriViewer: await client({ commonName: 'view-uri', uriSans: ['spiffe://x/y', viewerUri] }),
    producer: await client({ commonName: producerName }),
    expired: await issue({
      ...{ ca, ...operator, usage: 'client', daysValid: 1 },
      wallMs: Date.now() - 3 * 24 * 60 * 60 * 1_000,
    }),
    serverOnly: await issue({ ca, ...operator, usage: 'server', daysValid: 7 }),
    impostors: Object.fromEntries(await Promise.all(impostors)),
  };
}
