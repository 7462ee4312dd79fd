// Runs the JSON transcoder where it runs in the engine, somewhere in a larger shared memory, and
// holds it to what must be true of every text: it changes nothing around the text, it throws
// nothing but OTLP_MALFORMED, and what it accepts every protobuf reader accepts.

import assert from 'node:assert/strict';
import { GopherShipError } from '../../src/errors.ts';
import { ScanStatus } from '../../src/kernel/kernel-abi.ts';
import { transcodeLogsJson } from '../../src/otlp/json-transcoder.ts';
import { ScanCheck } from '../kernel/scan-check.ts';

const guardSizeBytes = 64;
const poisons = [0x00, 0x22, 0x7d, 0x5c, 0x80, 0xff, 0x20, 0x31];

export class TranscodeCheck {
  readonly #memory: Uint8Array;
  readonly #scan: ScanCheck;
  #checks = 0;

  constructor(textSizeBytesMax: number) {
    this.#memory = new Uint8Array(new SharedArrayBuffer(textSizeBytesMax + 2 * guardSizeBytes));
    this.#scan = new ScanCheck(textSizeBytesMax);
  }

  /** A copy of the protobuf; undefined: refused. */
  transcode(text: Uint8Array): Uint8Array | undefined {
    const result = this.run(text);
    return result instanceof Uint8Array ? result : undefined;
  }

  /** A copy of the protobuf, or why it is refused. */
  run(text: Uint8Array): Uint8Array | GopherShipError {
    const memory = this.#memory;
    const poison = poisons[this.#checks++ % poisons.length]!; // inside: the remainder of its length
    const endBytes = guardSizeBytes + text.length;
    memory.fill(poison, 0, guardSizeBytes);
    memory.set(text, guardSizeBytes);
    memory.fill(poison, endBytes, endBytes + guardSizeBytes);
    const result = this.#attempt(text);
    const around = [
      memory.subarray(0, guardSizeBytes),
      memory.subarray(endBytes, endBytes + guardSizeBytes),
    ];
    const isUntouched = around.every((guard) => guard.every((byte) => byte === poison));
    if (!isUntouched) fail('writes outside of the text', text);
    return result;
  }

  #attempt(text: Uint8Array): Uint8Array | GopherShipError {
    try {
      const sizeBytes = transcodeLogsJson(this.#memory, guardSizeBytes, text.length);
      const message = this.#memory.slice(guardSizeBytes, guardSizeBytes + sizeBytes);
      if (sizeBytes > text.length) fail('grows', text);
      if (this.#scan.check(message) !== ScanStatus.Ok) fail('not accepted by the scan', text);
      return message;
    } catch (error) {
      if (error instanceof GopherShipError && error.code === 'OTLP_MALFORMED') return error;
      throw new Error(`${describe(text)}: ${String(error)}`, { cause: error });
    }
  }
}

function fail(what: string, text: Uint8Array): never {
  assert.fail(`${what}: ${describe(text)}`);
}

function describe(text: Uint8Array): string {
  const latin1 = Buffer.from(text).toString('latin1').slice(0, 2000);
  return `${text.length} bytes, latin1 ${JSON.stringify(latin1)}`;
}
