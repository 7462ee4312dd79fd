// All crash states of a simulated disk: every combination of what survives, one after the other.

import type { SimulatedDisk } from './simulated-disk.ts';

/** Throws if there are more than `countMax`: then a random choice is what you want. */
export function* everyCrash(disk: SimulatedDisk, countMax = 100_000): Generator<SimulatedDisk> {
  // An odometer: the choices of the last state, each with the number of possibilities it had.
  let choices: { value: number; count: number }[] = [];
  for (let state = 0; ; state += 1) {
    if (state >= countMax) throw new Error(`more than ${countMax} crash states`);
    let at = 0;
    yield disk.crashed((count) => {
      const choice = choices[at] ?? { value: 0, count };
      choices[at] = choice;
      at += 1;
      return choice.value;
    });
    choices = choices.slice(0, at);
    while (choices.length > 0 && choices.at(-1)!.value === choices.at(-1)!.count - 1) choices.pop();
    const last = choices.at(-1);
    if (last === undefined) return;
    last.value += 1;
  }
}
