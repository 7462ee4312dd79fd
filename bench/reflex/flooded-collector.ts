// The OpenTelemetry Collector in the flood, as its documentation says to run it in a container: the
// memory limiter first, at 80 % of the limit, Go's own limit the same; and a queue on disk that is
// synced. And without the limiter, which refuses what it fears to have no memory for. What it has
// stored is counted by letting it go to a sink, outside of the box.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  collectorPath,
  collectorReceiver,
  collectorVersion,
} from '../../test/support/peers/collector.ts';
import { startProcess } from '../../test/support/running-process.ts';
import { drainPeer } from '../drain.ts';
import type { Bench } from '../measurement.ts';
import { collectorPeer, persistentQueue, toPort } from '../peers/collector-peer.ts';
import type { FloodedEngine, FloodPeer, FloodPeerOptions, StoredFlood } from './flood-peer.ts';

export const floodedCollector = peer('memory limiter', true);
export const floodedCollectors: readonly FloodPeer[] = [
  floodedCollector,
  peer('no memory limiter', false),
];

function peer(how: string, isLimited: boolean): FloodPeer {
  return {
    name: `OpenTelemetry Collector ${collectorVersion}, ${how}`,
    timeShare: 0.5,
    start: (options) => start(options, isLimited),
    countStored,
  };
}

async function start(options: FloodPeerOptions, isLimited: boolean): Promise<FloodedEngine> {
  const { box, boxMiB, directory } = options;
  const configPath = join(directory, 'collector.yaml');
  writeFileSync(configPath, stringify(config(options, isLimited)));
  const [command = '', ...args] = [...box.enterCommand, await collectorPath()];
  const running = startProcess({
    ...{ name: 'collector', command, args: [...args, '--config', configPath], directory },
    env: { GOMEMLIMIT: `${Math.floor(boxMiB * limiterShare)}MiB` },
  });
  let isAlive = true;
  void running.exited.then(() => {
    isAlive = false;
  });
  try {
    await running.waitForLine((line) => line.includes('Everything is ready'), 'that it is ready');
    const line = running.lines.find((each) => each.includes('"Starting GRPC server"')) ?? '';
    return {
      port: Number(/"endpoint":"[^"]*:(\d+)"/.exec(line)?.[1]),
      okAnswerSizeBytes: 7,
      get isAlive() {
        return isAlive;
      },
      cpuSeconds: () => running.usage().cpuSeconds,
      kill: () => running.kill(),
    };
  } catch (error) {
    await running.kill();
    throw error;
  }
}

/** Of the box. */
const limiterShare = 0.8;

function config({ files, boxMiB, directory }: FloodPeerOptions, isLimited: boolean): object {
  const receivers = collectorReceiver(['grpc'], {
    client_ca_file: files.ca,
    cert_file: files.serverCert,
    key_file: files.serverKey,
    min_version: '1.3',
  });
  const limit = { check_interval: '100ms', limit_mib: Math.floor(boxMiB * limiterShare) };
  const processors = isLimited ? { memory_limiter: limit } : {};
  const { exporters, extensions } = persistentQueue(toPort(1, files), directory);
  return {
    receivers,
    processors,
    exporters,
    extensions,
    service: {
      extensions: Object.keys(extensions ?? {}),
      telemetry: {
        metrics: { level: 'none' },
        logs: { encoding: 'json', sampling: { enabled: false } },
      },
      pipelines: {
        logs: {
          receivers: Object.keys(receivers),
          processors: Object.keys(processors),
          exporters: Object.keys(exporters),
        },
      },
    },
  };
}

async function countStored(bench: Bench, stored: StoredFlood): Promise<number> {
  const { directory, acknowledged, recordsPerRequest } = stored;
  const wanted = acknowledged * recordsPerRequest;
  const { arrivedRecords } = await drainPeer(bench, collectorPeer, directory, wanted);
  return arrivedRecords / recordsPerRequest;
}
