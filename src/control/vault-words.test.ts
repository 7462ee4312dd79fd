import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogState } from '../vault/log-state.ts';
import { ReplayState, replayStateWord } from '../vault/replay-state.ts';
import { SpareState } from '../vault/spares.ts';
import {
  isDeadLetterFull,
  replayStateName,
  replayStates,
  spareStates,
  vaultStates,
} from './vault-words.ts';

function snakeCase(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
}

function check(names: readonly string[], states: Readonly<Record<string, number>>): void {
  const expected: string[] = [];
  for (const [name, word] of Object.entries(states)) expected[word] = snakeCase(name);
  assert.deepEqual(names, expected);
}

test('vaultStates, spareStates and replayStates are the words of vault/', () => {
  check(vaultStates, LogState);
  check(spareStates, SpareState);
  check(replayStates, ReplayState);
});

test('replayStateName() and isDeadLetterFull() take the word of vault/ apart', () => {
  for (const state of Object.values(ReplayState)) {
    for (const mask of [0, 1, 0b1010, 0xffff]) {
      const word = replayStateWord(state, mask);
      assert.equal(replayStateName(word), replayStates[state]);
      for (let consumer = 0; consumer < 16; consumer += 1) {
        assert.equal(isDeadLetterFull(word, consumer), ((mask >>> consumer) & 1) === 1);
      }
    }
  }
});
