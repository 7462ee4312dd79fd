// The kept-alive connections of an HTTP destination. They are replaced when they are old, and when
// the name no longer leads to where they go: an Agent alone would keep them for as long as the
// server does.

import type { Agent, AgentOptions, ClientRequestArgs } from 'node:http';
import https from 'node:https';
import net, { type LookupFunction } from 'node:net';
import tls, { type ConnectionOptions } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { http } from '../node-http.ts';
import type { EndpointResolver } from './endpoint-resolver.ts';

export interface HttpConnectionsOptions {
  /** Asked for each connection; undefined: plaintext. */
  readonly tlsOptions: (() => ConnectionOptions) | undefined;
  readonly resolver: EndpointResolver;
  readonly clock: Clock;
  readonly random: () => number;
}

const ageMsMax = 30 * 60_000;
const ageJitter = 0.1;
const lookupIntervalMs = 60_000;

export class HttpConnections {
  /** What sockets ask for addresses. */
  readonly lookup: LookupFunction;
  readonly #options: HttpConnectionsOptions;
  #agent: Agent;
  #ageTimer: Timer | undefined;
  #lookupTimer: Timer | undefined;
  #closed = false;

  constructor(options: HttpConnectionsOptions) {
    this.#options = options;
    this.lookup = lookupOf(options.resolver);
    this.#agent = this.#newAgent();
    this.#ageLater();
    if (options.resolver.isName) this.#lookUpLater();
  }

  /** Of the connections that new requests go on. */
  get agent(): Agent {
    return this.#agent;
  }

  close(): void {
    this.#closed = true;
    this.#ageTimer?.cancel();
    this.#lookupTimer?.cancel();
    this.#agent.destroy();
  }

  #newAgent(): Agent {
    const { tlsOptions } = this.#options;
    const options = { keepAlive: true, noDelay: true };
    return tlsOptions === undefined ? new http.Agent(options) : new TlsAgent(options, tlsOptions);
  }

  /** Idle connections close now, busy ones after their answer. */
  #replace(): void {
    const old = this.#agent;
    this.#agent = this.#newAgent();
    old.maxFreeSockets = 0;
    for (const socket of socketsOf(old.freeSockets)) socket.destroy();
    this.#ageLater();
  }

  #ageLater(): void {
    const { clock, random } = this.#options;
    this.#ageTimer?.cancel();
    const ageMs = ageMsMax * (1 + ageJitter * (2 * random() - 1));
    this.#ageTimer = clock.after(ageMs, () => this.#replace());
  }

  #lookUpLater(): void {
    this.#lookupTimer = this.#options.clock.after(lookupIntervalMs, () => void this.#lookUp());
  }

  async #lookUp(): Promise<void> {
    const { sockets, freeSockets } = this.#agent;
    const used = [...socketsOf(sockets), ...socketsOf(freeSockets)]
      .map((socket) => socket.remoteAddress)
      .filter((address) => address !== undefined);
    // With no connection there is nothing to replace, and the next one asks for itself.
    if (used.length > 0 && !(await this.#leadsTo(used)) && !this.#closed) this.#replace();
    if (!this.#closed) this.#lookUpLater();
  }

  async #leadsTo(used: readonly string[]): Promise<boolean> {
    const addresses = await this.#options.resolver.addresses();
    return used.every((address) => addresses.includes(address));
  }
}

/**
 * Node uses a connection again only for requests with the same TLS options, by identity where they
 * are functions, and resumes sessions, in which a reloaded certificate would not be looked at. So
 * they are no options of the requests, and each connection begins with those of its time.
 */
class TlsAgent extends https.Agent {
  readonly #tlsOptions: () => ConnectionOptions;

  constructor(options: AgentOptions, tlsOptions: () => ConnectionOptions) {
    super(options);
    this.#tlsOptions = tlsOptions;
  }

  override createConnection(options: ClientRequestArgs): net.Socket {
    // Agents ask with host, port and lookup, which are the same for tls.connect().
    return tls.connect({ ...(options as ConnectionOptions), ...this.#tlsOptions() });
  }
}

function socketsOf(byName: Agent['sockets']): net.Socket[] {
  return Object.values(byName).flatMap((sockets) => sockets ?? []);
}

/** The resolver in the shape that sockets ask for. */
function lookupOf(resolver: EndpointResolver): LookupFunction {
  return (_host, options, callback) => {
    resolver.addresses().then(
      (addresses) => {
        const answers = addresses.map((address) => ({ address, family: net.isIP(address) }));
        if (options.all) callback(null, answers);
        else callback(null, answers[0]!.address, answers[0]!.family); // resolvers give at least one
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}
