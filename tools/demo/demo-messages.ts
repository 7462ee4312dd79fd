// What the producers and the downstream say to the demo over their IPC channels, and it to them.

/** From the producers' process, several times a second. */
export interface ProducerReport {
  readonly kind: 'producers';
  /** Numbers below it have been given to batches. */
  readonly nextBatch: number;
  readonly ackedBatches: number;
  /** Of OTLP protobuf. */
  readonly ackedBytes: number;
  readonly waitingBatches: number;
  /** Calls that were answered with an error; the producers sent those batches again. */
  readonly refusedCalls: number;
  /** Connections that ended, and streams that were reset, without our doing. */
  readonly brokenConnections: number;
  /** From the start of a call to its answer, of the calls of about the last second; NaN of none. */
  readonly ackP99Ms: number;
}

/** From the sink's process, several times a second. */
export interface SinkReport {
  readonly kind: 'sink';
  /** Each counted once. */
  readonly deliveredBatches: number;
  /** Of them, those that were acknowledged while there was no downstream. */
  readonly replayedBatches: number;
}

/** The answer to `count`: a byte for each batch, how often it was acknowledged or received. */
export interface CountsReport {
  readonly kind: 'counts';
  readonly counts: Uint8Array;
  /** Of the sink: batches whose bytes were not those that were sent, and what nobody sent. */
  readonly damagedBatches: number;
}

export interface Listening {
  readonly kind: 'listening';
  readonly port: number;
}

export type FromChild = ProducerReport | SinkReport | CountsReport | Listening;

export type ToChild =
  /** Producers: so much at once from now on. */
  | { readonly kind: 'pace'; readonly batchesPerFlush: number }
  /** Sink. */
  | { readonly kind: 'go-away' }
  /** Sink: the batches from `firstBatch` to before `endBatch` were sent without it. */
  | { readonly kind: 'come-back'; readonly firstBatch: number; readonly endBatch: number }
  | { readonly kind: 'count' }
  /** Producers: connections that end from now on are not broken. */
  | { readonly kind: 'stop' };

export const reportIntervalMs = 200;
