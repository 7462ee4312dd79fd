// What the loader may know of the world around it: handed in, so that a test can make one up and so
// that process.env and the file system are read in one place.

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The file as UTF-8 text; throws Node's error (with `code`) when it cannot be read. */
  readFile(path: string): string;
}

/** The host, and how memory is spent on it, as far as defaults depend on them. */
export interface HostFacts {
  readonly cpuCount: number;
  readonly memoryTotalBytes: number;
  /** Tightest limit between our cgroup and the root; undefined without one. */
  readonly cgroupLimitBytes: number | undefined;
  /**
   * What a limit leaves for the arena, less what a vault takes of it; less than nothing when it is
   * too small, which the start refuses.
   */
  arenaSizeBytes(memory: {
    readonly limitBytes: number;
    readonly shardCount: number;
    readonly connectionsMax: number;
    /** Undefined without a vault; consumers are required destinations. */
    readonly vault: { readonly consumerCount: number } | undefined;
  }): number;
  /** Largest message to accept when the configuration does not say. */
  messageSizeBytesDefault(arenaSizeBytes: number): number;
  /** Least segment of the vault that holds a message of this size, whatever it is made of. */
  segmentSizeBytesMin(messageSizeBytes: number): number;
}

/** OpenTelemetry's rule: a variable that is set to nothing counts as not set. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment.variables[name];
  return value === '' ? undefined : value;
}

export type FileText = { readonly text: string } | { readonly failure: string };

/**
 * The failure is Node's error code (`ENOENT`), never its message: that one may hold more than we
 * want to show.
 */
export function readText(environment: Environment, path: string): FileText {
  try {
    return { text: environment.readFile(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    return { failure: code };
  }
}
