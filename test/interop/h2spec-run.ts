// By hand: h2spec against a server that runs already.
//   node test/interop/h2spec-run.ts PORT FOLDER [PATH] [SECTION...]
// FOLDER holds ca.pem, client.pem and client.key. PATH starts with a slash; default /v1/logs.

import { join } from 'node:path';
import { runH2spec } from '../support/peers/h2spec.ts';
import { readClientPem } from '../support/peers/loopback-bridge.ts';

const [port, folder, ...rest] = process.argv.slice(2);
if (port === undefined || folder === undefined) {
  process.stderr.write('usage: h2spec-run.ts PORT FOLDER [PATH] [SECTION...]\n');
  process.exit(2);
}
const path = (name: string) => join(folder, name);
const report = await runH2spec({
  port: Number(port),
  pem: readClientPem({
    ca: path('ca.pem'),
    clientCert: path('client.pem'),
    clientKey: path('client.key'),
  }),
  path: rest.find((argument) => argument.startsWith('/')) ?? '/v1/logs',
  sections: rest.filter((argument) => !argument.startsWith('/')),
});
const { caseCount, skippedCount, failures } = report;
process.stdout.write(`${report.lines.join('\n')}\n`);
process.stdout.write(`${failures.map((failure) => `\n${failure}\n`).join('')}\n`);
process.stdout.write(`${caseCount} ran, ${skippedCount} skipped, ${failures.length} failed\n`);
process.exitCode = failures.length + skippedCount > 0 ? 1 : 0;
