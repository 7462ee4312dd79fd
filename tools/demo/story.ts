// The story that the demo tells, as a table of phases: how long each lasts, how much is sent, and
// whether the downstream is there. All times shrink together, so that a test sees the same story.

export type PhaseName = 'normal' | 'flood' | 'recovery';

export interface Phase {
  readonly name: PhaseName;
  /** For the visitor. */
  readonly title: string;
  readonly durationMs: number;
  /** Batches that the producers send at once, every flushIntervalMs. */
  readonly batchesPerFlush: number;
  readonly downstreamIsUp: boolean;
}

export interface Story {
  readonly phases: readonly Phase[];
  /** Of the wait at the end. */
  readonly lastTitle: string;
  /** How long it is waited for the last batch and for Green. */
  readonly durationMsMax: number;
  readonly redDwellMs: number;
  readonly yellowDwellMs: number;
}

/** Agents send by a timer: what they have comes in heaps. */
export const flushIntervalMs = 250;
export const floodFactor = 20;

const normalBatchesPerFlush = 10;
const wholeStoryMs = 60_000;

/** `durationMs`: of the whole, about. */
export function tellStory(durationMs: number): Story {
  const scaled = (ms: number) => Math.round((ms * durationMs) / wholeStoryMs);
  const dwell = (ms: number) => Math.max(100, scaled(ms));
  return {
    phases: [
      {
        name: 'normal',
        title: 'normal load, downstream well',
        durationMs: scaled(10_000),
        batchesPerFlush: normalBatchesPerFlush,
        downstreamIsUp: true,
      },
      {
        name: 'flood',
        title: `${floodFactor} times the load, downstream DEAD`,
        // The engine dials a dead downstream less and less often, the sixth time after some 26 s.
        durationMs: scaled(22_000),
        batchesPerFlush: floodFactor * normalBatchesPerFlush,
        downstreamIsUp: false,
      },
      {
        name: 'recovery',
        title: 'normal load, downstream back, the vault drains',
        durationMs: scaled(20_000),
        batchesPerFlush: normalBatchesPerFlush,
        downstreamIsUp: true,
      },
    ],
    lastTitle: 'no load any more, until all is delivered and Green',
    durationMsMax: 3 * durationMs + 30_000,
    redDwellMs: dwell(2_000),
    yellowDwellMs: dwell(5_000),
  };
}
