// What `gophership dev` prints once it listens: where, and what to set for an OpenTelemetry SDK.

import type { CertificateFolder } from '../tls/certificate-folder.ts';

export interface WelcomeFacts {
  /** host:port; undefined: the configuration has no such receiver. */
  readonly grpcAddress: string | undefined;
  readonly httpAddress: string | undefined;
  readonly configPath: string;
  readonly certificates: CertificateFolder;
}

/** `here` writes a path as it is seen from where the user is. */
export function welcome(facts: WelcomeFacts, here: (path: string) => string): string {
  const { configPath, certificates } = facts;
  const [first, ...others] = endpointsOf(facts);
  if (first === undefined) return ''; // the engine has at least one
  const listening = [first, ...others].map(({ address, name }) => `${address} (${name})`);
  const variables = [
    ...endpointVariables(first),
    `OTEL_EXPORTER_OTLP_CERTIFICATE=${here(certificates.caCert)}`,
    `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=${here(certificates.clientCert)}`,
    `OTEL_EXPORTER_OTLP_CLIENT_KEY=${here(certificates.clientKey)}`,
  ];
  return [
    '',
    `GopherShip listens on ${listening.join(' and ')}, mutual TLS.`,
    `Configuration: ${here(configPath)}`,
    '',
    'Set this for any OpenTelemetry SDK started in this folder:',
    ...exportLines(variables),
    ...others.flatMap((other) => [
      `or, for ${other.name}, these two in place of the first two:`,
      ...exportLines(endpointVariables(other)),
    ]),
    ...(facts.grpcAddress === undefined ? [] : sendLines),
    ...statusLines,
    '',
  ].join('\n');
}

interface Endpoint {
  readonly name: string;
  readonly address: string;
  /** As OTEL_EXPORTER_OTLP_PROTOCOL has it. */
  readonly protocol: string;
}

function endpointsOf({ grpcAddress, httpAddress }: WelcomeFacts): Endpoint[] {
  const endpoint = (name: string, protocol: string, address: string | undefined) =>
    address === undefined ? [] : [{ name, protocol, address }];
  return [
    ...endpoint('OTLP/gRPC', 'grpc', grpcAddress),
    ...endpoint('OTLP/HTTP', 'http/protobuf', httpAddress),
  ];
}

function endpointVariables({ address, protocol }: Endpoint): string[] {
  return [
    `OTEL_EXPORTER_OTLP_ENDPOINT=https://${address}`,
    `OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}`,
  ];
}

function exportLines(variables: readonly string[]): string[] {
  return ['', ...variables.map((variable) => `  export ${variable}`), ''];
}

const sendLines = [
  'or send a test batch from a second terminal in this folder:',
  '',
  '  npx gs-ctl send',
  '',
];

const statusLines = ['See what it does:', '', '  npx gs-ctl status', ''];
