// The proof that what was acknowledged is on disk: an engine that was killed is started again where
// it stored, with a live destination, and the sink counts what comes out.

import { storedBytes } from './disk-room.ts';
import { settledRecords } from './load/settled-records.ts';
import type { Bench } from './measurement.ts';
import type { PeerStarter } from './peers/bench-peer.ts';

export interface Drain {
  readonly acknowledgedRecords: number;
  /** More than acknowledged: some came twice, or were on disk without an answer yet. */
  readonly arrivedRecords: number;
  readonly storedBytes: number;
  /** Of the whole process, its start included. */
  readonly cpuSeconds: number;
}

export async function drainPeer(
  { files, sink }: Bench,
  starter: PeerStarter,
  directory: string,
  acknowledgedRecords: number,
): Promise<Drain> {
  const stored = storedBytes(directory);
  const { records: before } = await sink.counts();
  const options = { protocol: 'grpc', files, sinkPort: sink.port, directory } as const;
  const peer = await starter.start({ ...options, path: 'drain' });
  try {
    await settledRecords(sink, before, acknowledgedRecords);
    const { cpuSeconds } = peer.usage();
    // Whatever it still has, such as what comes twice, is sent before it ends.
    await peer.stop();
    const arrivedRecords = (await sink.counts()).records - before;
    return { acknowledgedRecords, arrivedRecords, storedBytes: stored, cpuSeconds };
  } finally {
    await peer.kill();
  }
}
