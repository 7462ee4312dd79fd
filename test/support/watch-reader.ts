// A client of one watch, called without Connect in between: reads when a test says so, and keeps
// what it got.

import assert from 'node:assert/strict';
import { createHandlerContext, type HandlerContext } from '@connectrpc/connect';
import { WatchStream } from '../../src/control/watch-stream.ts';
import { ControlService } from '../../src/generated/gophership/control/v1/control_pb.js';

export class WatchReader {
  readonly stream: WatchStream<unknown>;
  readonly received: unknown[] = [];
  /** By the client. */
  isClosed = false;
  /** What the client was told of the end; undefined: nothing yet. */
  end: { readonly fault?: unknown } | undefined;
  readonly #controller = new AbortController();
  #isReading = false;

  constructor(
    method: 'watchStatus' | 'watchEvents',
    call: (context: HandlerContext) => AsyncIterable<unknown>,
  ) {
    const context = createHandlerContext({
      ...{ service: ControlService, method: ControlService.method[method] },
      ...{ protocolName: 'grpc', requestMethod: 'POST', url: 'https://engine/' },
      requestSignal: this.#controller.signal,
    });
    const stream = call(context);
    assert.ok(stream instanceof WatchStream);
    this.stream = stream;
  }

  /** Asks for one more, unless it waits for one. */
  read(): void {
    if (this.#isReading || this.end !== undefined) return;
    this.#isReading = true;
    this.stream.next().then(
      (result) => {
        this.#isReading = false;
        if (result.done === true) this.end = {};
        else this.received.push(result.value);
      },
      (fault: unknown) => {
        this.#isReading = false;
        this.end = { fault };
      },
    );
  }

  /** As when the connection has gone. */
  abort(): void {
    this.isClosed = true;
    this.#controller.abort();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.stream.return();
  }
}
