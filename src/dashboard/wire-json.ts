// Values of protobuf's JSON form as the page computes with them: numbers that JSON cannot write,
// durations and times as text, and fields that are left out because they are 0.

export type WireNumber = number | string;

/** 0 where the field is left out. */
export function numberOf(value: WireNumber | undefined): number {
  return Number(value ?? 0);
}

/** Undefined where the field is left out, which is not 0 there. */
export function optionalNumber(value: WireNumber | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** "3.5s" */
export function durationMsOf(duration: string | undefined): number | undefined {
  const seconds = /^(-?\d+(?:\.\d+)?)s$/.exec(duration ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

export function durationJson(ms: number): string {
  return `${ms / 1_000}s`;
}

/** Milliseconds since the Unix epoch of a time in RFC 3339. */
export function timeMsOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

export function timeJson(ms: number): string {
  return new Date(ms).toISOString();
}
