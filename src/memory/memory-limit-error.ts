// The refusal to start for want of memory: what the configuration needs, what there is, and the
// keys to change, each with a value that would do alone.

import { GopherShipError } from '../errors.ts';
import { MiB } from '../limits.ts';
import {
  type ArenaPlanInput,
  arenaBudgetBytes,
  arenaNeeds,
  inflationsPerShard,
} from './arena-needs.ts';

export function memoryLimitError(input: ArenaPlanInput): GopherShipError {
  const needs = arenaNeeds(input);
  const arenaSizeBytes = arenaBudgetBytes(input);
  const exportBuffersSizeBytes = needs.exportBufferSizesBytes.reduce((sum, next) => sum + next, 0);
  const tablesSizeBytes =
    needs.kernelSizeBytes + needs.statePageSizeBytes + needs.largeControlSizeBytes;
  const vault = input.vault === undefined ? '' : `vault ${mib(needs.vaultSizeBytes)}, `;
  const inflationCount =
    input.shardCount * inflationsPerShard(input) + (input.vault === undefined ? 0 : 1);
  const perShard = input.shardCount === 1 ? '' : ` in each of ${input.shardCount} shards`;
  const ways = [
    `raise memory.limit_mib to ${limitMiBMin(input)}`,
    ...fewerConnections(input),
    ...smallerMessages(input),
    ...smallerRequests(input),
  ];
  if (ways.length === 1) ways.push(togetherText(input));
  return new GopherShipError(
    'MEMORY_LIMIT',
    `memory.limit_mib ${input.limitBytes / MiB} is too small: the arena needs ${mib(needs.sizeBytes)} MiB ` +
      `(three largest messages ${mib(needs.largeSizeBytesMin)}, ${vault}tables ${mib(tablesSizeBytes)}, and${perShard} ` +
      `export buffers ${mib(exportBuffersSizeBytes)}, small slabs ${mib(needs.smallSizeBytesMin)}, ` +
      `landing ${mib(needs.landingSizeBytesMin)}, scratch ${mib(needs.scratchSizeBytes)}), ` +
      `the process, ${input.connectionsMax} connections and ${inflationCount} decompression windows ` +
      `${mib(input.limitBytes - arenaSizeBytes)}. ` +
      `To fit: ${ways.join(', or ')}`,
  );
}

/** Zero or less: it fits. */
function missingBytes(input: ArenaPlanInput): number {
  return arenaNeeds(input).sizeBytes - arenaBudgetBytes(input);
}

function limitMiBMin(input: ArenaPlanInput): number {
  let limitMiB = Math.ceil((input.limitBytes + missingBytes(input)) / MiB);
  // A larger arena needs a larger control block, so the first guess can be a little short; it grows
  // by 8 bytes a page of 64 KiB, so few steps are enough.
  while (missingBytes({ ...input, limitBytes: limitMiB * MiB }) > 0) limitMiB += 1;
  return limitMiB;
}

function fewerConnections(input: ArenaPlanInput): string[] {
  // The first places of a shard take more than the others, so the most that fit are searched for.
  let fitting = 0;
  let tooMany = input.connectionsMax;
  while (tooMany - fitting > 1) {
    const connectionsMax = Math.floor((fitting + tooMany) / 2);
    if (missingBytes({ ...input, connectionsMax }) > 0) tooMany = connectionsMax;
    else fitting = connectionsMax;
  }
  return fitting === 0 ? [] : [`lower memory.max_connections to ${fitting}`];
}

function smallerMessages(input: ArenaPlanInput): string[] {
  for (let sizeMiB = Math.ceil(input.messageSizeBytesMax / MiB) - 1; sizeMiB >= 1; sizeMiB -= 1) {
    if (missingBytes({ ...input, messageSizeBytesMax: sizeMiB * MiB }) > 0) continue;
    return [`lower receivers.otlp.protocols.grpc.max_recv_msg_size_mib to ${sizeMiB}`];
  }
  return [];
}

function smallerRequests(input: ArenaPlanInput): string[] {
  const [largest] = input.destinations.toSorted(
    (a, b) => b.exportBufferSizeBytes - a.exportBufferSizeBytes,
  );
  if (largest === undefined) return [];
  const lessMiB = Math.ceil(missingBytes(input) / input.shardCount / MiB);
  if (lessMiB * MiB >= largest.exportBufferSizeBytes) return [];
  return [`lower exporters.${largest.id}.sending_queue.batch.max_size by ${lessMiB} MiB`];
}

function togetherText(input: ArenaPlanInput): string {
  const exporters = input.destinations.map(
    ({ id }) => `exporters.${id}.sending_queue.batch.max_size`,
  );
  return `lower several of ${[
    'memory.max_connections',
    'receivers.otlp.protocols.grpc.max_recv_msg_size_mib',
    ...exporters,
  ].join(', ')}`;
}

function mib(sizeBytes: number): string {
  return (sizeBytes / MiB).toFixed(1);
}
