// A tab of the dashboard without a browser: what fetch() of the page sends, and streams as lines.

import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

// As it was parsed: what is in it, tests find out by comparing.
export type PageJson = ReturnType<typeof JSON.parse>;

export interface PageAnswer {
  readonly status: number;
  readonly json: PageJson;
}

export const controlName = 'gophership.control.v1.ControlService';
export const historyName = 'gophership.control.v1.HistoryService';
export const callerName = 'gophership.control.v1.CallerService';

export class PageClient {
  readonly #origin: string;
  readonly #bearer: string;

  /** Uses the link. */
  static async open(link: string): Promise<PageClient> {
    const { origin, hash } = new URL(link);
    const { status, json } = await post(origin, '/session', { token: hash.slice(1) });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(json)}`);
    return new PageClient(origin, json.bearer);
  }

  private constructor(origin: string, bearer: string) {
    this.#origin = origin;
    this.#bearer = bearer;
  }

  call(procedure: string, message: object = {}): Promise<PageAnswer> {
    return post(this.#origin, `/rpc/${procedure}`, message, this.#bearer);
  }

  /** For one more tab. */
  async link(): Promise<string> {
    return `${this.#origin}${(await post(this.#origin, '/link', {}, this.#bearer)).json.path}`;
  }

  /** Each line; ends when the server ends it, or whoever reads it leaves the loop. */
  async *stream(procedure: string, message: object = {}): AsyncGenerator<PageJson> {
    const response = await request(this.#origin, `/stream/${procedure}`, message, this.#bearer);
    if (response.status !== 200 || response.body === null) {
      throw new Error(`${response.status} ${await response.text()}`);
    }
    // The same stream by another name.
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    body.on('error', () => {}); // it shows as the end of the lines
    try {
      for await (const line of createInterface({ input: body })) yield JSON.parse(line);
    } finally {
      body.destroy();
    }
  }
}

async function post(
  origin: string,
  path: string,
  message: object,
  bearer?: string,
): Promise<PageAnswer> {
  const response = await request(origin, path, message, bearer);
  return { status: response.status, json: await response.json() };
}

function request(
  origin: string,
  path: string,
  message: object,
  bearer: string | undefined,
): Promise<Response> {
  const headers = {
    origin,
    'content-type': 'application/json',
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
  };
  return fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(message) });
}
