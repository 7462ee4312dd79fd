// Memory of the engine's process as the kernel counts it (proc_pid_status(5)): what no file backs,
// which is what memory.limit_mib bounds, the shared arena included.

import { readFileSync } from 'node:fs';

const sampleIntervalMs = 50;

export class EngineMemory {
  readonly #path: string;
  bytes = 0;
  peakBytes = 0;

  constructor(pid: number) {
    this.#path = `/proc/${pid}/status`;
    setInterval(() => this.#sample(), sampleIntervalMs).unref();
    this.#sample();
  }

  #sample(): void {
    let status: string;
    try {
      status = readFileSync(this.#path, 'latin1');
    } catch {
      return; // the process has ended; the demo hears of that elsewhere
    }
    const kib = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
    const bytes = (kib('RssAnon') + kib('RssShmem')) * 1024;
    if (Number.isNaN(bytes)) return; // it is ending: a process without memory has no such lines
    this.bytes = bytes;
    this.peakBytes = Math.max(this.peakBytes, bytes);
  }
}
