// How one connection ends: in the two steps of RFC 9113 section 6.8 when we want it to, after its
// streams when the peer leaves, at once when it has failed. Then the peer gets a little time to end
// its side, too, and is cut off.

import type { Timer } from '../clock.ts';
import { slowReaderMsMax } from './abuse-limits.ts';
import type { ConnectionCore } from './connection-core.ts';
import type { ConnectionInput } from './connection-input.ts';
import type { ConnectionLife } from './connection-life.ts';
import type { ConnectionSocket } from './connection-output.ts';
import { Http2Error, streamIdMax } from './frame-format.ts';

/** How far a polite end has come. */
const Ending = { No: 0, Announced: 1, Final: 2 } as const;
type Ending = (typeof Ending)[keyof typeof Ending];

export class ConnectionEnd {
  readonly #socket: Pick<ConnectionSocket, 'destroy'>;
  readonly #core: ConnectionCore;
  readonly #life: ConnectionLife;
  readonly #input: ConnectionInput;
  #ending: Ending = Ending.No;
  #peerLeaves = false;
  #socketClosed = false;
  #cut: Timer | undefined;

  constructor(
    socket: Pick<ConnectionSocket, 'destroy'>,
    core: ConnectionCore,
    life: ConnectionLife,
    input: ConnectionInput,
  ) {
    this.#socket = socket;
    this.#core = core;
    this.#life = life;
    this.#input = input;
  }

  /**
   * The peer learns that it should go before we stop taking streams: what it sends during one round
   * trip still counts.
   */
  closeGracefully(): void {
    const { writer, output, failed } = this.#core;
    if (this.#ending !== Ending.No || failed) return;
    this.#ending = Ending.Announced;
    this.#life.closing();
    writer.goaway(streamIdMax, Http2Error.NoError, '');
    writer.ping();
    output.touch();
  }

  /** Without a round trip: what the peer opens from now on it knows to be refused. */
  closeNow(): void {
    const { writer, output, streams, failed } = this.#core;
    if (this.#ending === Ending.Final || failed) return;
    this.#ending = Ending.Final;
    this.#life.closing();
    this.#core.lastStreamId = streams.lastId;
    writer.goaway(streams.lastId, Http2Error.NoError, '');
    output.touch();
    this.endWhenQuiet();
  }

  pingAcknowledged(): void {
    if (this.#ending === Ending.Announced) this.closeNow();
  }

  /** GOAWAY was received. */
  peerLeaves(): void {
    this.#peerLeaves = true;
    this.endWhenQuiet();
  }

  /** A stream is closed, which may have been the last one that was to be answered. */
  endWhenQuiet(): void {
    if (this.#core.streams.openCount > 0 || this.#core.failed || this.#socketClosed) return;
    if (this.#ending === Ending.Final) this.#end(slowReaderMsMax);
    else if (this.#peerLeaves) this.closeNow();
  }

  /** GOAWAY says why; whoever has broken the rules need not be waited for. */
  failed(): void {
    this.#input.stop();
    this.#life.closing();
    this.#end(peerEndMsMax);
  }

  /** Before the streams are closed. */
  socketClosed(): void {
    this.#socketClosed = true;
    this.#cut?.cancel();
  }

  #end(withinMs: number): void {
    const isEnding = this.#cut !== undefined;
    this.#cutAfter(withinMs);
    if (isEnding) return; // and has failed meanwhile
    this.#input.readOut();
    this.#core.output.end(() => this.#ended());
  }

  /** The last answer is with the kernel: to cut sooner would be to have it sent again. */
  #ended(): void {
    if (this.#core.failed) return;
    this.#input.stop(); // there is no answer to it any more
    this.#input.readOut();
    this.#cutAfter(peerEndMsMax);
  }

  #cutAfter(delayMs: number): void {
    this.#cut?.cancel();
    this.#cut = this.#core.parts.clock.after(delayMs, () => this.#socket.destroy());
  }
}

const peerEndMsMax = 1_000;
