import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fetch } from './proxy-client.ts';
import { openSession } from './session.ts';

const token = 'abcdefghijklmnopqrst_-';

function tab(fragment: string, answer: () => Response = () => Response.json({ bearer: 'b' })) {
  const kept = new Map<string, string>();
  const posted: [string, unknown][] = [];
  const seen = { fragment };
  const fetch: Fetch = async (path, { body }) => {
    assert.equal(seen.fragment, '', 'the token is out of the address before it is sent');
    posted.push([path, JSON.parse(String(body))]);
    return answer();
  };
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const forgetFragment = () => {
    seen.fragment = '';
  };
  const open = () => openSession({ fetch, storage, fragment: seen.fragment, forgetFragment });
  return { open, posted, seen };
}

describe('openSession()', () => {
  it('exchanges the token of the link once, and keeps what it got', async () => {
    const { open, posted } = tab(`#${token}`);
    assert.deepEqual(await open(), { bearer: 'b' });
    assert.deepEqual(posted, [['/session', { token }]]);
    assert.deepEqual(await open(), { bearer: 'b' });
    assert.equal(posted.length, 1);
  });

  it('takes the name of a page for no token', async () => {
    const { open, posted, seen } = tab('#/why');
    await assert.rejects(open(), { code: 'NO_SESSION' });
    assert.deepEqual([posted.length, seen.fragment], [0, '#/why']);
  });

  it('says so when the link is spent', async () => {
    const spent = { code: 'unauthenticated', message: 'DENIED: the link is spent' };
    const { open } = tab(`#${token}`, () => Response.json(spent, { status: 401 }));
    await assert.rejects(open(), { code: 'DENIED', kind: 'ended' });
  });
});
