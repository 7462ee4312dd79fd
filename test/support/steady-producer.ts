// A producer that sends the same request again and again, for tests that look at what comes in.

import http2 from 'node:http2';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { testCertificates } from './certificates.ts';
import { call } from './listener-harness.ts';

const pauseMs = 20;

export class SteadyProducer {
  readonly #session: http2.ClientHttp2Session;
  readonly #frame: Uint8Array;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #ended: Promise<void>;
  #mayGoOn = true;

  static start(port: number, body: Uint8Array): Promise<SteadyProducer> {
    return SteadyProducer.startFramed(port, frameMessage(body));
  }

  /** @param frame with the prefix of gRPC */
  static async startFramed(
    port: number,
    frame: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<SteadyProducer> {
    const { caPem, client } = await testCertificates();
    const session = http2.connect(`https://127.0.0.1:${port}`, {
      ...{ ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' },
    });
    session.on('error', () => {}); // calls end without an answer
    return new SteadyProducer(session, frame, headers);
  }

  private constructor(
    session: http2.ClientHttp2Session,
    frame: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#session = session;
    this.#frame = frame;
    this.#headers = headers;
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#mayGoOn = false;
    await this.#ended;
    this.#session.destroy();
  }

  async #run(): Promise<void> {
    while (this.#mayGoOn && !this.#session.destroyed) {
      await call(this.#session, this.#frame, { ...this.#headers });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
