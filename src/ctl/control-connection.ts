// The way to the control port of an engine: finds the target, checks the certificates, opens one
// connection over which Connect speaks gRPC.

import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { systemClock } from '../clock.ts';
import { MiB } from '../limits.ts';
import { createClientContext } from '../tls/client-context.ts';
import { loadMaterial } from '../tls/pem-material.ts';
import { addressText, EngineSession } from './engine-session.ts';
import { resolveTarget, type TargetFlags } from './target.ts';
import type { Terminal } from './terminal.ts';

export interface ControlFlags extends TargetFlags {
  /** For the connection and one answer. */
  readonly timeoutMs: number;
}

/** What calls need of a connection; tests have one without a network. */
export interface ControlConnection {
  /** host:port, for messages. */
  readonly address: string;
  readonly transport: Transport;
  readonly timeoutMs: number;
  /** Aborted when the connection is over. */
  readonly over: AbortSignal;
  /** The other end has said anything yet. */
  readonly hasSpoken: boolean;
  /** Why the connection is over; undefined: it is not. */
  fault(): Promise<Error | undefined>;
  /** From now on it ends when the engine is gone without a word. */
  keepAlive(): void;
  close(): void;
}

export async function openControl(
  flags: ControlFlags,
  terminal: Terminal,
): Promise<ControlConnection> {
  const { address, connect } = await controlSessions(flags, terminal);
  const session = await connect((warning) => {
    // A program that reads stderr waits for an error there, and finds it if this matters.
    if (terminal.format === 'table') terminal.talk(`warning: ${warning}\n`);
  });
  return {
    address,
    transport: transportOver(session),
    timeoutMs: flags.timeoutMs,
    over: overSignal(session),
    get hasSpoken() {
      return session.hasSpoken;
    },
    fault: () => session.fault(),
    keepAlive: () => session.keepAlive(),
    close: () => session.close(),
  };
}

/** The engine that the flags name, for as many connections as somebody needs of it. */
export interface ControlSessions {
  /** host:port, for messages. */
  readonly address: string;
  /** Reads the certificates as they are now; `warn` is told what is odd about them. */
  connect(warn?: (warning: string) => void): Promise<EngineSession>;
}

export async function controlSessions(
  flags: TargetFlags,
  terminal: Terminal,
): Promise<ControlSessions> {
  const { host, port, ...files } = await resolveTarget(flags, terminal, 'control');
  const sources = { ca: { file: files.ca }, cert: { file: files.cert }, key: { file: files.key } };
  return {
    address: addressText(host, port),
    async connect(warn) {
      const material = await loadMaterial(sources, systemClock.wallMs());
      if (warn !== undefined) material.warnings.forEach(warn);
      const tls = createClientContext({ serverName: undefined, versionMin: 'TLSv1.3' }, material);
      return new EngineSession(host, port, tls.connectionOptions(host, ['h2']));
    },
  };
}

/** The largest answer is the configuration, far below. */
const answerSizeBytesMax = 4 * MiB;

function transportOver(session: EngineSession): Transport {
  return createGrpcTransport({
    baseUrl: session.authority,
    readMaxBytes: answerSizeBytesMax,
    acceptCompression: [],
    sessionManager: {
      authority: session.authority,
      // Of the options there are none yet that a call would need.
      request: async (method, path, headers) =>
        session.request({ ...headers, ':method': method, ':path': path }),
      notifyResponseByteRead() {},
    },
  });
}

/**
 * Streams that the end of the connection closes without an error would leave their calls waiting.
 * Answers that are there already are read first.
 */
function overSignal(session: EngineSession): AbortSignal {
  const controller = new AbortController();
  void session.ended.then(() => setImmediate(() => controller.abort()));
  return controller.signal;
}
