// Our SETTINGS (RFC 9113 section 6.5.2), said once, first of all.

import { headerListSizeBytesMax } from '../limits.ts';
import { framePayloadSizeBytesMax, Setting } from './frame-format.ts';
import type { FrameWriter } from './frame-writer.ts';
import { streamWindowSizeBytes } from './stream-window.ts';

export function writeServerSettings(writer: FrameWriter, concurrentStreamsMax: number): void {
  writer.settings([
    [Setting.HeaderTableSize, 4_096],
    [Setting.MaxConcurrentStreams, concurrentStreamsMax],
    [Setting.InitialWindowSize, streamWindowSizeBytes],
    [Setting.MaxFrameSize, framePayloadSizeBytesMax],
    [Setting.MaxHeaderListSize, headerListSizeBytesMax],
  ]);
}
