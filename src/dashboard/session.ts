// Who this tab is: the token of the link, valid once, is exchanged for a bearer, which the tab
// keeps for itself, and the engine says which role it has there.

import { CallFault } from './call-fault.ts';
import { type Fetch, post, readJson } from './proxy-client.ts';

export interface Session {
  readonly bearer: string;
  /** `host:port` of the engine's control port. */
  readonly engine: string;
}

export interface SessionParts {
  readonly fetch: Fetch;
  /** Of this tab, and over a reload of it. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** The fragment of the address, as `#...`. */
  readonly fragment: string;
  /** Takes the fragment out of the address: it must not be in the history, nor be sent twice. */
  forgetFragment(): void;
}

/** Throws a CallFault if there is none. */
export async function openSession(parts: SessionParts): Promise<Session> {
  const token = /^#(?<token>[\w-]{22})$/.exec(parts.fragment)?.groups?.token;
  if (token === undefined) return keptSession(parts.storage);
  parts.forgetFragment();
  const session = (await readJson(await post(parts.fetch, '/session', { token }))) as Session; // so says the proxy
  parts.storage.setItem(storageKey, JSON.stringify(session));
  return session;
}

function keptSession(storage: SessionParts['storage']): Session {
  const kept = storage.getItem(storageKey);
  if (kept !== null) return JSON.parse(kept) as Session; // written above
  const hint = 'run `gs-ctl dashboard` and open the link that it prints';
  throw new CallFault('NO_SESSION', 'this page is opened by a link that is valid once', hint);
}

const storageKey = 'gophership-session';
