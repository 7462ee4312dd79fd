// `node bench/micro/ack-time.ts`: what it costs a batch that its acknowledgement is timed, and that
// it is counted by port and by producer. The times come from a table, so that no
// branch is predicted because it is always the same. CPU time of the thread, so that it matters
// little what else the machine does.

import { systemClock } from '../../src/clock.ts';
import { SourceCounter } from '../../src/memory/source-counters.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { Transport, TransportCounter } from '../../src/memory/transport-counters.ts';
import { machineLine } from '../report.ts';

const ackCount = 20_000_000;
const rounds = 5;

const page = new StatePage(new SharedArrayBuffer(statePageSizeBytes(2)), 0, 2);
const shard = page.shard(1);
/** From 0.1 ms to 2 s, any of them as likely on a scale of octaves. */
const times = Float64Array.from({ length: 4_096 }, () => 0.1 * 2 ** (Math.random() * 14.3));

const producers = Array.from({ length: 40 }, (_, at) => `CN=web-${at},OU=gophership-producer`);

const parts: Readonly<Record<string, () => number>> = {
  'the loop alone'() {
    let sum = 0;
    for (let ack = 0; ack < ackCount; ack += 1) sum += times[ack & 4_095]!;
    return sum;
  },
  'counting the time'() {
    for (let ack = 0; ack < ackCount; ack += 1) shard.addAckTime(times[ack & 4_095]!);
    return page.ackTimes().count;
  },
  'and reading the clock'() {
    for (let ack = 0; ack < ackCount; ack += 1) {
      shard.addAckTime(systemClock.nowMs() - times[ack & 4_095]!);
    }
    return page.ackTimes().count;
  },
  'counting by producer, of 40: four words'() {
    const { sources } = shard;
    for (let ack = 0; ack < ackCount; ack += 1) {
      const producer = producers[ack % producers.length]!; // inside
      const slot = sources.slotOf(producer);
      sources.add(slot, SourceCounter.Received, 1);
      sources.add(sources.slotOf(producer), SourceCounter.ReceivedBytes, 1_000);
      sources.add(slot, SourceCounter.Acked, 1);
      sources.add(slot, SourceCounter.AckedRecords, 10);
    }
    return page.sources().length;
  },
  'counting by port, four words'() {
    for (let ack = 0; ack < ackCount; ack += 1) {
      const transport: Transport = (ack & 1) === 0 ? Transport.Grpc : Transport.Http;
      shard.addTransport(transport, TransportCounter.ReceivedBatches, 1);
      shard.addTransport(transport, TransportCounter.ReceivedBytes, 1_000);
      shard.addTransport(transport, TransportCounter.ReceivedRecords, 10);
      shard.addTransport(transport, TransportCounter.AckedRecords, 10);
    }
    return page.sumTransport(Transport.Grpc, TransportCounter.ReceivedBatches);
  },
};

process.stdout.write(`${machineLine()}; ns of CPU a batch, best of ${rounds} rounds\n`);
for (const [name, run] of Object.entries(parts)) {
  let bestNs = Number.POSITIVE_INFINITY;
  let kept = 0;
  for (let round = 0; round < rounds; round += 1) {
    const start = process.threadCpuUsage();
    kept += run();
    const { user, system } = process.threadCpuUsage(start);
    bestNs = Math.min(bestNs, ((user + system) * 1e3) / ackCount);
  }
  if (!(kept > 0)) throw new Error('nothing was counted');
  process.stdout.write(`${name}: ${bestNs.toFixed(1)}\n`);
}
