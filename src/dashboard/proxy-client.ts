// The page's side of the loopback proxy: calls and streams of the engine as JSON over fetch(), each
// with the bearer of this tab. What goes wrong comes out as a CallFault.

import { asFault, faultOf } from './call-fault.ts';
import { jsonLines } from './json-lines.ts';
import type { Call, Calls, Stream, Streams } from './procedures.ts';
import type { StreamPlaces } from './stream-places.ts';

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export class ProxyClient {
  readonly #fetch: Fetch;
  readonly #bearer: string;
  readonly #places: StreamPlaces;

  constructor(fetch: Fetch, bearer: string, places: StreamPlaces) {
    this.#fetch = fetch;
    this.#bearer = bearer;
    this.#places = places;
  }

  async call<P extends Call>(procedure: P, request: Calls[P][0]): Promise<Calls[P][1]> {
    const signal = AbortSignal.timeout(answerMsMax);
    const response = await this.#post(`/rpc/${path(procedure)}`, request, signal);
    // What an engine says of this procedure; a field that is not as declared shows as it is.
    return (await readJson(response)) as Calls[P][1];
  }

  /** Ends when the engine ends it; throws when it breaks, and when `signal` is aborted. */
  async *stream<P extends Stream>(
    procedure: P,
    request: Streams[P][0],
    signal: AbortSignal,
  ): AsyncGenerator<Streams[P][1]> {
    const giveBack = await this.#places.take();
    try {
      const response = await this.#post(`/stream/${path(procedure)}`, request, signal);
      if (response.body === null) return;
      for await (const line of jsonLines(response.body)) {
        // Lines are written by the proxy: one of these three.
        const { message, error, end } = line as StreamLine<Streams[P][1]>;
        if (error !== undefined) throw faultOf(error);
        if (end === true) return;
        if (message !== undefined) yield message;
      }
    } catch (error) {
      throw asFault(error);
    } finally {
      giveBack();
    }
    throw asFault(new Error('the stream broke off'));
  }

  /** A link for one more tab, valid once. */
  async link(): Promise<string> {
    const response = await this.#post('/link', {}, AbortSignal.timeout(answerMsMax));
    const { path } = (await readJson(response)) as { readonly path: string }; // the proxy's words
    return path;
  }

  async #post(path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    return post(this.#fetch, path, body, { signal, bearer: this.#bearer });
  }
}

interface StreamLine<M> {
  readonly message?: M;
  readonly end?: boolean;
  readonly error?: unknown;
}

interface PostOptions {
  readonly bearer?: string;
  readonly signal?: AbortSignal;
}

/** Throws a CallFault unless the answer is a success. */
export async function post(
  fetch: Fetch,
  path: string,
  body: unknown,
  { bearer, signal }: PostOptions = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
      credentials: 'omit',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw asFault(error);
  }
  if (response.ok) return response;
  // A body that is no JSON says less than the status does.
  throw faultOf(await response.json().catch(() => undefined), response.status);
}

export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw asFault(error);
  }
}

/** The proxy and the engine give up before. */
const answerMsMax = 20_000;

function path(procedure: string): string {
  return `gophership.control.v1.${procedure}`;
}
