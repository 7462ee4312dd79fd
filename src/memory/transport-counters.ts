// By which port a batch came, and what is counted for each of them, on the state page.

export const Transport = { Grpc: 0, Http: 1 } as const;
export type Transport = (typeof Transport)[keyof typeof Transport];

/** Parts of the words of the shard that are called the same, but for the last. */
export const TransportCounter = {
  ReceivedBatches: 0,
  ReceivedRecords: 1,
  ReceivedBytes: 2,
  AckedRecords: 3,
  /** Received whole and answered with an error, as far as they are counted. */
  FailedRecords: 4,
} as const;
export type TransportCounter = (typeof TransportCounter)[keyof typeof TransportCounter];
