// By which port a batch came, and what is counted for each of them, on the state page.

export const Transport = { Grpc: 0, Http: 1 } as const;
export type Transport = (typeof Transport)[keyof typeof Transport];

/** Parts of the words of the shard that are called the same. */
export const TransportCounter = {
  ReceivedBatches: 0,
  ReceivedRecords: 1,
  ReceivedBytes: 2,
  AckedRecords: 3,
} as const;
export type TransportCounter = (typeof TransportCounter)[keyof typeof TransportCounter];
