// The scan of a received message as the shard wants it: the kernel's verdict in words for the
// producer.

import { unreachable } from '../assert.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { ScanStatus, scanResultSizeBytes } from '../kernel/kernel-abi.ts';
import { messageDepthMax } from '../limits.ts';
import type { ScanReport } from './shard.ts';

/** Bytes that createScan() needs for itself at `resultOffsetBytes`. */
export const scanScratchSizeBytes = scanResultSizeBytes;

/** One reused report: it is valid until the next scan. */
export function createScan(
  kernel: Kernel,
  resultOffsetBytes: number,
): (bodyOffsetBytes: number, bodyLengthBytes: number) => ScanReport {
  const report = { malformed: undefined as string | undefined, resourceCount: 0, recordCount: 0 };
  return (bodyOffsetBytes, bodyLengthBytes) => {
    const status = kernel.scan(bodyOffsetBytes, bodyLengthBytes, resultOffsetBytes);
    report.malformed =
      status === ScanStatus.Ok
        ? undefined
        : `${describe(status)} at byte ${kernel.errorOffsetBytes(resultOffsetBytes)} of ${bodyLengthBytes}`;
    report.resourceCount = kernel.resourceCount(resultOffsetBytes);
    report.recordCount = kernel.recordCount(resultOffsetBytes);
    return report;
  };
}

function describe(status: Exclude<ScanStatus, typeof ScanStatus.Ok>): string {
  switch (status) {
    case ScanStatus.Truncated:
      return 'a field ends beyond the message';
    case ScanStatus.BadTag:
      return 'not a protobuf tag';
    case ScanStatus.BadVarint:
      return 'a varint of more than ten bytes';
    case ScanStatus.BadUtf8:
      return 'a string that is not UTF-8';
    case ScanStatus.TooDeep:
      return `nested deeper than ${messageDepthMax}`;
    case ScanStatus.BadGroup:
      return 'an end of group that closes none';
    case ScanStatus.Overrun:
      return 'a field ends beyond the message that it is in';
    case ScanStatus.WireType:
      return 'a field of the wrong wire type';
    case ScanStatus.VarintOverflow:
      return 'a varint with too many bits';
    default:
      return unreachable(status, 'scan status');
  }
}
