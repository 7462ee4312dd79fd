// Scenario: a Prometheus server, configured by deploy/prometheus/scrape.yml, scrapes a running
// engine with the certificate of a viewer, and once more with one that has no role.
// Guarantees: the scrape configuration and the rules load and work as they are but for paths and
// the port; the scrape has no error and finds an engine at rest; without a role there is nothing.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { controlCertificates } from '../control/control-certificates.ts';
import { type ControlEngine, startControlEngine } from '../control/control-engine.ts';
import { startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../vault-engine/engine-rig.ts';

const folder = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));
const alertsFile = 'gophership-alerts.yml';

/** Of Debian's package `prometheus`. */
async function startPrometheus(
  context: TestContext,
  directory: string,
): Promise<(query: string) => Promise<Sample[]>> {
  const prometheus = startProcess({
    name: 'prometheus',
    command: 'prometheus',
    args: [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    directory,
  });
  context.after(() => prometheus.kill());
  const line = await prometheus.waitForLine((text) => listening.test(text), 'its address');
  await prometheus.waitForLine((text) => text.includes('Server is ready'), 'that it is ready');
  const address = listening.exec(line)?.groups?.address ?? '';
  return async (query) => {
    const url = `http://${address}/api/v1/query?${new URLSearchParams({ query })}`;
    const { data } = JSON.parse(await (await fetch(url)).text());
    return data.result;
  };
}

const listening = /msg="Listening on" address=(?<address>127\.0\.0\.1:\d+)/;

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [timeSeconds: number, value: string];
}

/** scrape.yml with our paths and port, and each job once more for somebody without a role. */
async function writeConfig(directory: string, { files, port }: ControlEngine): Promise<void> {
  const { viewer, producer } = await controlCertificates();
  const config = parse(readFileSync(join(folder, 'scrape.yml'), 'utf8'));
  const [job] = config.scrape_configs;
  const jobOf = (name: string, pair: PemPair) => {
    const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
    writeFileSync(cert, pair.certPem);
    writeFileSync(key, pair.keyPem);
    return {
      ...job,
      job_name: name,
      scrape_interval: '500ms',
      scrape_timeout: '500ms',
      tls_config: { ...job.tls_config, ca_file: files.ca, cert_file: cert, key_file: key },
      static_configs: [{ targets: [`localhost:${port}`] }],
    };
  };
  config.scrape_configs = [jobOf(job.job_name, viewer), jobOf('no-role', producer)];
  copyFileSync(join(folder, alertsFile), join(directory, alertsFile));
  writeFileSync(join(directory, 'prometheus.yml'), stringify(config));
}

test('Prometheus scrapes a running engine by scrape.yml, as a viewer and not without', async (context) => {
  const control = await startControlEngine();
  context.after(() => control.close());
  const directory = temporaryDirectory('prometheus');
  context.after(() => directory.remove());
  await writeConfig(directory.path, control);
  const query = await startPrometheus(context, directory.path);

  const isThere = async (text: string) => (await query(text)).length > 0;
  await until(() => isThere('up{job="gophership"} == 1'), 'a scrape of the engine');
  await until(() => isThere('up{job="no-role"} == 0'), 'a scrape that is refused');
  assert.equal(await isThere('up{job="no-role"} == 1'), false);

  const values = async (text: string) => (await query(text)).map(({ value }) => Number(value[1]));
  const [count = 0] = await values('scrape_samples_scraped{job="gophership"}');
  assert.ok(count > 150, `${count} samples`);
  assert.deepEqual(await values('sum(gophership_zone)'), [1]);
  assert.deepEqual(await values('gophership_export_breaker_shards{state="open"}'), [0]);
  assert.deepEqual(await values('gophership_ledger_intake_imbalance_batches'), [0]);
  const [residentBytes] = await values('process_resident_memory_bytes{job="gophership"}');
  assert.ok((residentBytes ?? 0) > 3e7, 'it is the memory of an engine');
});
