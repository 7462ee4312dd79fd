import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asFault, faultOf } from './call-fault.ts';

describe('CallFault', () => {
  it('faultOf() takes the code from the front of the message', () => {
    const fault = faultOf({ code: 'resource_exhausted', message: 'CONTROL_BUSY: 16 of 16' }, 429);
    assert.deepEqual([fault.code, fault.text, fault.kind], ['CONTROL_BUSY', '16 of 16', 'busy']);
    assert.match(fault.hint, /moment/);
  });

  it('faultOf() prefers the hint that came along', () => {
    const body = { code: 'unauthenticated', message: 'DENIED: spent', hint: 'a new link' };
    const fault = faultOf(body, 401);
    assert.deepEqual([fault.hint, fault.kind], ['a new link', 'ended']);
  });

  it('faultOf() shows what has no code or no message', () => {
    assert.equal(faultOf({ message: 'gone' }, 500).message, 'BAD_ANSWER: gone');
    for (const body of [undefined, null, 'x', {}, { message: 1 }]) {
      assert.equal(faultOf(body, 502).text, 'the answer was HTTP 502');
    }
  });

  it('asFault() has words for every error', () => {
    assert.match(asFault(new TypeError('fetch failed')).message, /NO_ANSWER: .*fetch failed/);
    assert.match(asFault('odd').message, /odd/);
    const fault = faultOf({});
    assert.equal(asFault(fault), fault);
  });
});
