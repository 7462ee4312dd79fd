// The OpenTelemetry SDK for Java as a producer: its jars fetched by Maven, the program of the
// folder java-sdk compiled against them.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedPeer, runBuildStep } from './peer-cache.ts';
import { exporterVariables, type ProducerOptions, producerArguments } from './producer.ts';
import { runToEnd } from './run-to-end.ts';

const sourcePath = new URL('./java-sdk', import.meta.url).pathname;
const pomPath = join(sourcePath, 'pom.xml');
const programPath = join(sourcePath, 'Producer.java');

export async function runJavaProducer(options: ProducerOptions): Promise<void> {
  const classesPath = await producerPath();
  await runToEnd({
    name: 'Java producer',
    command: 'java',
    args: ['-cp', classPath(classesPath), 'Producer', ...producerArguments(options)],
    env: exporterVariables(options),
    // The SDK logs a failed export, and shuts down well all the same.
    isFailure: (line) => /^(WARNING|SEVERE)|Exception/.test(line),
  });
}

/** Folder of jars and classes, made if the cache lacks it. */
function producerPath(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [pomPath, programPath]) hash.update(readFileSync(path));
  return cachedPeer(`java-sdk-${hash.digest('hex').slice(0, 8)}`, async (directory) => {
    const path = join(directory, 'java-sdk');
    await runBuildStep(
      'mvn',
      ['-q', '-B', '-f', pomPath, 'dependency:copy-dependencies', `-DoutputDirectory=${path}`],
      { cwd: directory },
    );
    await runBuildStep('javac', ['-cp', classPath(path), '-d', path, programPath], {
      cwd: directory,
    });
    return path;
  });
}

function classPath(path: string): string {
  return `${path}:${join(path, '*')}`;
}
