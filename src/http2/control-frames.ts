// The frames that carry no request: SETTINGS, PING, GOAWAY, WINDOW_UPDATE, RST_STREAM, PRIORITY,
// and those that nobody knows. Each is checked as RFC 9113 section 6 demands, and each is cheap to
// send and has therefore an allowance.

import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import { windowUpdatesPerFrame, youngStreamMs } from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import {
  FrameFlag,
  Http2Error,
  pingSizeBytes,
  prioritySizeBytes,
  readUint31,
} from './frame-format.ts';
import { StreamState } from './stream-table.ts';

/** What the connection wants to know of them. */
export interface ControlEvents {
  settingsReceived(): void;
  /** False: all that we sent is acknowledged already. */
  settingsAcknowledged(): boolean;
  pingAcknowledged(): void;
  /** Too many PINGs: read on only after this time. */
  slowDown(forMs: number): void;
  /** The peer opens no more streams. */
  goaway(): void;
}

export class ControlFrames {
  readonly #core: ConnectionCore;
  readonly #events: ControlEvents;
  #settingsReceived = false;
  #settingsAcknowledged = false;
  #freePingCount = 0;
  #freeWindowUpdateCount = 0;

  constructor(core: ConnectionCore, events: ControlEvents) {
    this.#core = core;
    this.#events = events;
  }

  get settingsReceived(): boolean {
    return this.#settingsReceived;
  }

  settings(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    if (streamId !== 0) {
      core.fail(Http2Error.ProtocolError, 'SETTINGS on a stream', ConnectionAbuse.FrameSyntax);
    } else if ((flags & FrameFlag.Ack) === 0) {
      this.#takeSettings(bytes, from, to);
    } else if (to === from) {
      this.#settingsAck();
    } else {
      core.fail(
        Http2Error.FrameSizeError,
        'SETTINGS with ACK and more',
        ConnectionAbuse.FrameSyntax,
      );
    }
  }

  ping(flags: number, streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    if (streamId !== 0) {
      core.fail(Http2Error.ProtocolError, 'PING on a stream', ConnectionAbuse.FrameSyntax);
    } else if (to - from !== pingSizeBytes) {
      core.fail(Http2Error.FrameSizeError, 'size of PING', ConnectionAbuse.FrameSyntax);
    } else if ((flags & FrameFlag.Ack) !== 0) {
      this.#events.pingAcknowledged(); // one that nobody asked for means nothing
      core.chargeIdleFrame(ConnectionAbuse.UnknownFrames);
    } else {
      core.writer.pingAck(bytes, from);
      this.#chargePing();
    }
  }

  goaway(streamId: number, from: number, to: number): void {
    if (streamId !== 0) {
      const reason = 'GOAWAY on a stream';
      this.#core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
    } else if (to - from < 8) {
      this.#core.fail(Http2Error.FrameSizeError, 'size of GOAWAY', ConnectionAbuse.FrameSyntax);
    } else {
      this.#events.goaway();
      this.#core.chargeIdleFrame(ConnectionAbuse.UnknownFrames);
    }
  }

  windowUpdate(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    if (to - from !== 4) {
      core.fail(Http2Error.FrameSizeError, 'size of WINDOW_UPDATE', ConnectionAbuse.FrameSyntax);
      return;
    }
    if (this.#freeWindowUpdateCount < windowUpdatesPerFrame * core.writer.frameCount) {
      this.#freeWindowUpdateCount += 1;
    } else if (!core.spend(ConnectionAbuse.WindowUpdateFlood)) {
      return;
    }
    const incrementBytes = readUint31(bytes, from);
    if (streamId === 0) this.#grantConnection(incrementBytes);
    else this.#grantStream(streamId, incrementBytes);
  }

  resetStream(streamId: number, from: number, to: number): void {
    const core = this.#core;
    if (streamId === 0 || core.streams.stateOf(streamId) === StreamState.Idle) {
      const reason = 'RST_STREAM without a stream';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
      return;
    }
    if (to - from !== 4) {
      core.fail(Http2Error.FrameSizeError, 'size of RST_STREAM', ConnectionAbuse.FrameSyntax);
      return;
    }
    const stream = core.streams.get(streamId);
    if (stream === undefined) {
      core.chargeIdleFrame(ConnectionAbuse.UnknownFrames);
      if (core.streams.stateOf(streamId) === StreamState.Silenced)
        core.streams.endSilenced(streamId);
      return;
    }
    const isYoung = core.nowMs - stream.openedMs < youngStreamMs;
    const mayGo = stream.waits || !isYoung || core.spend(ConnectionAbuse.RapidReset);
    if (!mayGo) return;
    stream.requestEnded = true; // whatever comes on it now is an error of the peer
    core.closeStream(stream);
  }

  priority(streamId: number, bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    if (streamId === 0) {
      const reason = 'PRIORITY without a stream';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
    } else if (to - from !== prioritySizeBytes) {
      this.#offend(streamId, Http2Error.FrameSizeError, 'size of PRIORITY');
    } else if (readUint31(bytes, from) === streamId) {
      this.#offend(streamId, Http2Error.ProtocolError, 'a stream that depends on itself');
    } else {
      core.chargeIdleFrame(ConnectionAbuse.PriorityFlood);
    }
  }

  /** RFC 9113 section 4.1: passed over. */
  unknown(): void {
    this.#core.chargeIdleFrame(ConnectionAbuse.UnknownFrames);
  }

  #settingsAck(): void {
    if (!this.#events.settingsAcknowledged()) {
      this.#core.chargeIdleFrame(ConnectionAbuse.UnknownFrames);
    } else if (!this.#settingsAcknowledged) {
      this.#settingsAcknowledged = true;
      this.#core.cutWindows();
    }
  }

  #takeSettings(bytes: Uint8Array, from: number, to: number): void {
    const core = this.#core;
    if (!core.spend(ConnectionAbuse.SettingsFlood)) return;
    const before = core.peer.initialWindowSizeBytes;
    const error = core.peer.read(bytes, from, to);
    if (error !== Http2Error.NoError) {
      core.fail(error, 'SETTINGS', ConnectionAbuse.FrameSyntax);
      return;
    }
    core.writer.settingsAck();
    if (core.peer.shrinksTable) core.writer.dropTable();
    if (!this.#settingsReceived) {
      this.#settingsReceived = true;
      this.#events.settingsReceived();
    }
    const changeBytes = core.peer.initialWindowSizeBytes - before;
    if (changeBytes === 0) return;
    for (const stream of core.streams.open()) {
      if (core.sender.grantStream(stream, changeBytes)) continue;
      core.fail(
        Http2Error.FlowControlError,
        'SETTINGS overflow a window',
        ConnectionAbuse.WindowOverflow,
      );
      return;
    }
  }

  #chargePing(): void {
    const core = this.#core;
    if (this.#freePingCount < core.writer.frameCount) {
      this.#freePingCount += 1;
      return;
    }
    const waitMs = core.limits.borrow(ConnectionAbuse.PingFlood, core.nowMs);
    if (waitMs === 0) return;
    core.parts.counters.addAbuse(ConnectionAbuse.PingFlood);
    this.#events.slowDown(waitMs);
  }

  #grantConnection(incrementBytes: number): void {
    const core = this.#core;
    if (incrementBytes === 0) {
      const reason = 'WINDOW_UPDATE of 0';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.WindowUpdateZero);
    } else if (!core.sender.grantConnection(incrementBytes)) {
      const reason = 'window above 2^31-1';
      core.fail(Http2Error.FlowControlError, reason, ConnectionAbuse.WindowOverflow);
    }
  }

  #grantStream(streamId: number, incrementBytes: number): void {
    const core = this.#core;
    if (core.streams.stateOf(streamId) === StreamState.Idle) {
      const reason = 'WINDOW_UPDATE on an idle stream';
      core.fail(Http2Error.ProtocolError, reason, ConnectionAbuse.FrameSyntax);
      return;
    }
    const stream = core.streams.get(streamId);
    if (incrementBytes === 0) {
      core.streamError(streamId, Http2Error.ProtocolError, ConnectionAbuse.WindowUpdateZero);
    } else if (stream === undefined) {
      return; // late
    } else if (!core.sender.grantStream(stream, incrementBytes)) {
      core.streamError(streamId, Http2Error.FlowControlError, ConnectionAbuse.WindowOverflow);
    }
  }

  /** RST_STREAM must not be sent on an idle stream, so there the connection has to go. */
  #offend(streamId: number, error: Http2Error, reason: string): void {
    if (this.#core.streams.stateOf(streamId) === StreamState.Idle) {
      this.#core.fail(error, reason, ConnectionAbuse.FrameSyntax);
    } else {
      this.#core.streamError(streamId, error, ConnectionAbuse.FrameSyntax);
    }
  }
}
