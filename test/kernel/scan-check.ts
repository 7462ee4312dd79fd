// One message, three judges: the kernel, @bufbuild/protobuf and the strict reader. The message is
// scanned, and its records are counted by lengths, twice: at the very end of the memory (where one
// byte of over-read traps) and in the middle (where the bytes around it change from call to call
// and must not matter).

import assert from 'node:assert/strict';
import { fromBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { Kernel } from '../../src/kernel/kernel.ts';
import { isLoose, ScanStatus, scanResultSizeBytes } from '../../src/kernel/kernel-abi.ts';
import { strictlyValid } from './strict-reader.ts';

const pageSizeBytes = 65_536;
const guardSizeBytes = 32;
const resultOffsetBytes = guardSizeBytes;
const messageOffsetBytes = resultOffsetBytes + scanResultSizeBytes + 2 * guardSizeBytes;

/**
 * What may stand behind a message: padding, text, a tag, an unfinished varint, half a character.
 */
const poisons = [0x00, 0xff, 0x0a, 0x80, 0x41, 0x12];

export class ScanCheck {
  /** Messages by status; tests look at it to see that their cases reach what they should. */
  readonly countByStatus = new Map<ScanStatus, number>();
  readonly #bytes: Uint8Array;
  readonly #kernel: Kernel;
  readonly #messageSizeBytesMax: number;
  #checks = 0;

  constructor(messageSizeBytesMax: number) {
    const sizeBytes = messageOffsetBytes + 2 * (messageSizeBytesMax + guardSizeBytes);
    const pages = Math.ceil(sizeBytes / pageSizeBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#kernel = Kernel.create(memory);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#messageSizeBytesMax = messageSizeBytesMax;
  }

  /** Throws when the judges differ; the error names the message in hex. */
  check(message: Uint8Array): ScanStatus {
    assert.ok(message.length <= this.#messageSizeBytesMax);
    const decoded = decode(message);
    const status = this.#scanAtTheEnd(message);
    this.countByStatus.set(status, (this.countByStatus.get(status) ?? 0) + 1);
    const accepted = status === ScanStatus.Ok || isLoose(status);
    if (accepted !== (decoded !== undefined)) fail('bufbuild differs', status, message);
    if (decoded !== undefined && !this.#countsMatch(decoded)) fail('counts', status, message);
    if (accepted && strictlyValid(ExportLogsServiceRequestSchema, message) === isLoose(status)) {
      fail('the strict reader differs', status, message);
    }
    const count = this.#countAtTheEnd(message);
    if (status === ScanStatus.Ok && count !== this.#kernel.recordCount(resultOffsetBytes)) {
      fail('the count by lengths differs', status, message);
    }
    if (count < -1 || count > message.length / 2) fail('no count', status, message);
    const first = this.#bytes.slice(resultOffsetBytes, resultOffsetBytes + 16);
    const again = this.#scanInTheMiddle(message);
    const second = this.#bytes.subarray(resultOffsetBytes, resultOffsetBytes + 16);
    const sameCount = this.#kernel.countRecords(messageOffsetBytes, message.length) === count;
    if (again !== status || Buffer.compare(first, second) !== 0 || !sameCount) {
      fail('neighbouring bytes matter', status, message);
    }
    return status;
  }

  #scanAtTheEnd(message: Uint8Array): ScanStatus {
    const offsetBytes = this.#bytes.length - message.length;
    this.#bytes.set(message, offsetBytes);
    return this.#kernel.scan(offsetBytes, message.length, resultOffsetBytes);
  }

  #countAtTheEnd(message: Uint8Array): number {
    return this.#kernel.countRecords(this.#bytes.length - message.length, message.length);
  }

  #scanInTheMiddle(message: Uint8Array): ScanStatus {
    const bytes = this.#bytes;
    const poison = poisons[this.#checks++ % poisons.length]!; // inside: the remainder of its length
    const endBytes = messageOffsetBytes + message.length;
    bytes.fill(poison, messageOffsetBytes - guardSizeBytes, messageOffsetBytes);
    bytes.fill(poison, resultOffsetBytes - guardSizeBytes, resultOffsetBytes);
    bytes.set(message, messageOffsetBytes);
    bytes.fill(poison, endBytes, endBytes + guardSizeBytes);
    const status = this.#kernel.scan(messageOffsetBytes, message.length, resultOffsetBytes);
    const unharmed =
      Buffer.compare(bytes.subarray(messageOffsetBytes, endBytes), message) === 0 &&
      this.#isFilled(messageOffsetBytes - guardSizeBytes, poison) &&
      this.#isFilled(resultOffsetBytes - guardSizeBytes, poison) &&
      this.#isFilled(endBytes, poison);
    if (!unharmed) fail('wrote outside the result block', status, message);
    return status;
  }

  #isFilled(offsetBytes: number, poison: number): boolean {
    for (let at = offsetBytes; at < offsetBytes + guardSizeBytes; at++) {
      if (this.#bytes[at] !== poison) return false;
    }
    return true;
  }

  #countsMatch(decoded: ExportLogsServiceRequest): boolean {
    let scopes = 0;
    let records = 0;
    for (const logs of decoded.resourceLogs) {
      scopes += logs.scopeLogs.length;
      for (const scope of logs.scopeLogs) records += scope.logRecords.length;
    }
    return (
      this.#kernel.resourceCount(resultOffsetBytes) === decoded.resourceLogs.length &&
      this.#kernel.scopeCount(resultOffsetBytes) === scopes &&
      this.#kernel.recordCount(resultOffsetBytes) === records
    );
  }
}

function decode(message: Uint8Array): ExportLogsServiceRequest | undefined {
  try {
    return fromBinary(ExportLogsServiceRequestSchema, message);
  } catch {
    return undefined; // Refused; the verdict is what is compared.
  }
}

function fail(what: string, status: ScanStatus, message: Uint8Array): never {
  const hex = Buffer.from(message.subarray(0, 4096)).toString('hex');
  assert.fail(`${what}: status ${status}, ${message.length} bytes ${hex}`);
}
