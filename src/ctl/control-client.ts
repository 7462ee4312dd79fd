// Calls of gs-ctl to an engine: one deadline, and one kind of error whatever went wrong.

import type { DescService } from '@bufbuild/protobuf';
import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import { systemClock } from '../clock.ts';
import { type ControlConnection, type ControlFlags, openControl } from './control-connection.ts';
import { callFault } from './control-fault.ts';
import type { Terminal } from './terminal.ts';

export class ControlClient {
  readonly #connection: ControlConnection;

  constructor(connection: ControlConnection) {
    this.#connection = connection;
  }

  get address(): string {
    return this.#connection.address;
  }

  /** For a pause that somebody makes: an engine ends connections on which nothing happens. */
  keepAlive(): void {
    this.#connection.keepAlive();
  }

  /** One answer, or a CtlError. */
  async call<Service extends DescService, Answer>(
    service: Service,
    method: (client: Client<Service>, options: CallOptions) => Promise<Answer>,
  ): Promise<Answer> {
    const { transport, timeoutMs, over } = this.#connection;
    try {
      return await method(createClient(service, transport), { timeoutMs, signal: over });
    } catch (error) {
      throw await callFault(error, this.#connection);
    }
  }

  /**
   * Answers until the engine ends them, or a CtlError. The deadline is only for the connection:
   * some streams have nothing to say for hours.
   */
  async *watch<Service extends DescService, Answer>(
    service: Service,
    method: (client: Client<Service>, options: CallOptions) => AsyncIterable<Answer>,
  ): AsyncGenerator<Answer> {
    const { transport, timeoutMs, over } = this.#connection;
    const left = new AbortController();
    const patience = systemClock.after(timeoutMs, () => {
      if (!this.#connection.hasSpoken) left.abort();
    });
    const signal = AbortSignal.any([over, left.signal]);
    this.keepAlive();
    try {
      yield* method(createClient(service, transport), { signal });
    } catch (error) {
      throw await callFault(error, this.#connection);
    } finally {
      patience.cancel();
      left.abort();
    }
  }

  close(): void {
    this.#connection.close();
  }
}

/** Opens a connection, uses it and closes it. */
export async function withControl<Result>(
  flags: ControlFlags,
  terminal: Terminal,
  use: (client: ControlClient) => Promise<Result>,
): Promise<Result> {
  const client = new ControlClient(await openControl(flags, terminal));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
