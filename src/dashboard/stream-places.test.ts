import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browserPlaces, placeCountMax } from './stream-places.ts';

// Node has the locks of browsers, and one of each name in a process, as a browser for its tabs.
describe('browserPlaces()', () => {
  it('has four places for all tabs, and one again for each that is given back', async () => {
    const tabs = Array.from({ length: placeCountMax }, () => browserPlaces(navigator.locks));
    const taken = await Promise.all(tabs.map((places) => places.take()));
    const late = browserPlaces(navigator.locks);
    const refused = { code: 'CONTROL_BUSY', kind: 'busy', text: /^4 streams/ };
    await assert.rejects(late.take(), refused);
    taken[2]?.();
    const again = await late.take();
    await assert.rejects(late.take(), refused);
    for (const giveBack of [again, ...taken]) giveBack();
  });
});
