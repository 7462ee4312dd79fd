// `gophership validate`: everything that can be known of a configuration without starting it.

import { countOf } from '../ctl/quantity-text.ts';
import { planEngine } from '../engine/start-engine.ts';
import { ExitCode } from '../errors.ts';
import type { CliProcess } from './cli-process.ts';
import type { EffectiveConfig } from './effective-config.ts';

/**
 * Throws what the start would throw: a memory limit that does not fit, certificates that cannot be
 * used.
 */
export async function validate(effective: EffectiveConfig, cli: CliProcess): Promise<ExitCode> {
  const { config, warnings } = effective;
  for (const warning of warnings) cli.stderr.write(`warning: ${warning}\n`);
  await planEngine(config, cli.host);
  const { grpc, http } = config.receivers;
  const sources = [...addressOf('gRPC', grpc), ...addressOf('HTTP', http)].join(' and ');
  const destinations = config.exporters.map((exporter) => exporter.id).join(', ');
  const shards = countOf(config.memory.shardCount, 'shard');
  cli.stdout.write(`valid: logs from ${sources} to ${destinations}, ${shards}\n`);
  return ExitCode.Ok;
}

function addressOf(
  name: string,
  receiver: { readonly host: string; readonly port: number } | undefined,
): string[] {
  if (receiver === undefined) return [];
  const { host, port } = receiver;
  return [`${host.includes(':') ? `[${host}]` : host}:${port} (${name})`];
}
