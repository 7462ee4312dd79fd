import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CrowdMember, ReadCrowd } from './read-crowd.ts';

/** Members by name; `read` are those that are not shut out. */
function rig(waitingMax: number, names: string) {
  const turns: (() => void)[] = [];
  const crowd = new ReadCrowd(waitingMax, (run) => turns.push(run));
  const members = new Map<string, CrowdMember>();
  const shut = new Set<string>();
  const urgent = new Set<string>();
  for (const name of names) {
    const member = {
      shutOut: () => {
        if (urgent.has(name)) return false;
        shut.add(name);
        return true;
      },
      letIn: () => void shut.delete(name),
    };
    members.set(name, member);
    crowd.join(member);
  }
  const member = (name: string) => members.get(name)!; // of `names`
  return {
    crowd,
    urgent,
    member,
    waits: (name: string, isWaiting: boolean) => crowd.waits(member(name), isWaiting),
    shut: () => [...shut].join(''),
    turn: () => {
      const ran = turns.splice(0);
      for (const run of ran) run();
      return ran.length;
    },
  };
}

test('ReadCrowd shuts out the others once so many wait, and none that has to be read', () => {
  const { urgent, waits, shut } = rig(4, 'abcdefgh');
  for (const name of 'abcdh') urgent.add(name);
  for (const name of 'abc') waits(name, true);
  waits('c', true); // twice is once
  assert.equal(shut(), '');
  waits('d', true);
  assert.equal(shut(), 'efg');
});

test('ReadCrowd lets in as many at a time as may wait, once half of those have gone', () => {
  const { urgent, waits, shut, turn } = rig(4, 'abcdefghijk');
  for (const name of 'abcd') urgent.add(name);
  for (const name of 'abcd') waits(name, true);
  assert.equal(shut(), 'efghijk');
  waits('a', false);
  assert.equal(turn(), 0);
  waits('b', false);
  waits('b', false);
  assert.equal(shut(), 'efghijk', 'not inside the call');
  assert.equal(turn(), 1);
  assert.equal(shut(), 'ghijk', 'the longest shut out are first');
  waits('e', true);
  assert.equal(turn(), 1, 'asked for when half were left');
  assert.equal(shut(), 'hijk', 'for one more there is a place');
  assert.equal(turn(), 0, 'the half that must have gone is there again');
  for (const name of 'cd') waits(name, false);
  while (turn() > 0);
  assert.equal(shut(), '');
});

test('ReadCrowd forgets who leaves, whatever it was', () => {
  const { crowd, urgent, member, waits, shut, turn } = rig(2, 'abcd');
  for (const name of 'ab') urgent.add(name);
  for (const name of 'ab') waits(name, true);
  assert.equal(shut(), 'cd');
  crowd.leave(member('c'));
  crowd.leave(member('a'));
  assert.equal(turn(), 1);
  assert.equal(shut(), 'c', 'nobody lets in who has gone');
  assert.equal(turn(), 0);
});

test('ReadCrowd shuts out at once who joins, or has been read to an end, while many wait', () => {
  const { crowd, urgent, member, waits, shut, turn } = rig(2, 'abcde');
  for (const name of 'abc') urgent.add(name);
  crowd.leave(member('e'));
  for (const name of 'ab') waits(name, true);
  assert.equal(shut(), 'd');
  crowd.join(member('e'));
  assert.equal(shut(), 'de');
  urgent.delete('c');
  waits('b', false);
  waits('b', true);
  turn();
  assert.equal(shut(), 'dec');
});

test('ReadCrowd: everybody who is shut out gets a turn, also while as many wait as may', () => {
  const { urgent, waits, shut, turn } = rig(4, 'abcdefghijk');
  for (const name of 'abcd') urgent.add(name);
  for (const name of 'abcd') waits(name, true);
  const turns = new Map<string, number>();
  for (let round = 0; round < 400; round += 1) {
    const before = shut();
    for (const name of 'abcd') {
      waits(name, false); // is read
      waits(name, true);
    }
    turn();
    for (const name of before) {
      if (!shut().includes(name)) turns.set(name, (turns.get(name) ?? 0) + 1);
    }
    assert.ok(shut().length >= 5, 'one at a time, and the one before');
  }
  assert.equal(turns.size, 7);
  for (const count of turns.values()) assert.ok(count >= 40);
});
