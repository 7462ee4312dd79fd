// Reads what `node --cpu-prof` writes and says where a thread spent its time: in which functions by
// themselves (callees left out), and in which part of the program.

import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';

export interface ThreadProfile {
  /** Node's number: 0 is the main thread. */
  readonly thread: number;
  /** The file that it was started with, or `main`. */
  readonly entry: string;
  readonly busyMs: number;
  readonly idleMs: number;
  /** Most time first; what has no function, such as garbage collection, is among them. */
  readonly functions: readonly FunctionTime[];
}

export interface FunctionTime {
  readonly name: string;
  /** File and line, or what there is instead. */
  readonly place: string;
  readonly part: Part;
  readonly selfMs: number;
}

const Part = {
  GarbageCollection: 'garbage collection',
  /** Below JavaScript, with no function of it on top: TLS, system calls, the event loop. */
  Native: 'native code',
  /** Functions that V8 and Node have in C++ and that JavaScript called, system calls among them. */
  BuiltIn: 'built-in functions',
  WebAssembly: 'WebAssembly',
  Node: "Node's own JavaScript",
  Packages: 'packages',
  Engine: "the engine's own code",
} as const;
type Part = (typeof Part)[keyof typeof Part];

/** The parts of the file's format that are read (Chrome DevTools protocol, Profiler.Profile). */
interface CpuProfileFile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      /** Counted from 0. */
      readonly lineNumber: number;
    };
  }[];
  /** Node ids, one a sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before, one a sample. */
  readonly timeDeltas: readonly number[];
}

/** `checkoutPath` is taken off the paths of files. */
export function readProfile(path: string, checkoutPath: string): ThreadProfile {
  const file: CpuProfileFile = JSON.parse(readFileSync(path, 'utf8'));
  const frames = new Map(file.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, FunctionTime>();
  let idleMs = 0;
  let busyMs = 0;
  file.samples.forEach((id, index) => {
    const frame = frames.get(id);
    // A sample stands for the time until the next one.
    const ms = (file.timeDeltas[index + 1] ?? 0) / 1000;
    if (frame === undefined || frame.functionName === '(root)') return;
    if (isIdle(frame)) {
      idleMs += ms;
      return;
    }
    busyMs += ms;
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    const place = placeOf(frame, checkoutPath);
    const key = `${name} ${place}`;
    const selfMs = (functions.get(key)?.selfMs ?? 0) + ms;
    functions.set(key, { name, place, part: partOf(frame), selfMs });
  });
  return {
    thread: threadOf(path),
    entry: entryOf(file),
    busyMs,
    idleMs,
    functions: [...functions.values()].toSorted((a, b) => b.selfMs - a.selfMs),
  };
}

const functionsShown = 25;

/** Shares of the busy time: of each part, then of the functions that took most. */
export function describeProfile({ thread, entry, busyMs, functions }: ThreadProfile): string {
  const percent = (ms: number) => `${((100 * ms) / busyMs).toFixed(1).padStart(5)} %`;
  const parts = Object.values(Part).map((part) => {
    const ms = functions
      .filter((each) => each.part === part)
      .reduce((sum, { selfMs }) => sum + selfMs, 0);
    return { part, ms };
  });
  return [
    `thread ${thread} (${entry}), shares of ${Math.round(busyMs)} ms:`,
    ...parts.toSorted((a, b) => b.ms - a.ms).map(({ part, ms }) => `${percent(ms)}  ${part}`),
    '',
    `self time of the ${functionsShown} functions that took most:`,
    ...functions
      .slice(0, functionsShown)
      .map(({ name, place, selfMs }) => `${percent(selfMs)}  ${name}  ${place}`),
  ].join('\n');
}

type CallFrame = CpuProfileFile['nodes'][number]['callFrame'];

/** A thread without an event loop sleeps in a function; what waits for the disk counts as busy. */
function isIdle({ functionName, url }: CallFrame): boolean {
  return functionName === '(idle)' || (functionName === 'sleep' && url.endsWith('/doorbell.ts'));
}

function partOf({ functionName, url }: CallFrame): Part {
  if (functionName === '(garbage collector)') return Part.GarbageCollection;
  if (functionName === '(program)') return Part.Native;
  if (url === '') return Part.BuiltIn;
  if (url.startsWith('wasm:')) return Part.WebAssembly;
  if (url.startsWith('node:')) return Part.Node;
  return url.includes('/node_modules/') ? Part.Packages : Part.Engine;
}

function placeOf({ url, lineNumber }: CallFrame, checkoutPath: string): string {
  if (url === '') return '';
  const path = url.replace(/^file:\/\//, '').replace(`${checkoutPath}/`, '');
  return `${path}:${lineNumber + 1}`;
}

/** Threads run files that are named for it, and each only its own. */
function entryOf({ nodes }: CpuProfileFile): string {
  const urls = nodes.map(({ callFrame }) => callFrame.url);
  const entry = urls.find((url) => /(shard|vault|replay)-thread\.[jt]s$/.test(url)) ?? 'main';
  return basename(entry, extname(entry));
}

// CPU.20261125.190512.4711.1.001.cpuprofile: date, time, process, thread, count
function threadOf(path: string): number {
  return Number(basename(path).split('.')[4]);
}
