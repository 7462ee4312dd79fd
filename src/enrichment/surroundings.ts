// What a detector may look at and what it answers: environment, files and names come in from
// outside, so that tests can be any host.

export type Attributes = readonly (readonly [key: string, value: string])[];

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The text of a small file; undefined when it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  readonly hostName: () => string;
  /** As process.arch. */
  readonly architecture: string;
  /** As process.platform. */
  readonly platform: string;
}
