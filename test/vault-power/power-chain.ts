// A disk that loses power again and again: a life of a vault under load, then what the disk may
// hold after many moments of it, each opened and checked; one of them is what the next life begins
// with.

import { join } from 'node:path';
import { SeededRandom } from '../support/seeded-random.ts';
import { checkCrash } from './crash-check.ts';
import type { DiskBench } from './disk-bench.ts';
import { applyWrites, lossKinds, survivors } from './lost-power.ts';
import { PowerFigures } from './power-figures.ts';
import { type PowerEvent, PowerHistory } from './power-history.ts';
import { PowerLoad } from './power-load.ts';
import { drawOptions, type PowerOptions } from './power-vault.ts';
import type { SparseImage } from './sparse-image.ts';
import type { WriteLog } from './write-log.ts';

const livesPerChain = 3;
const statesPerLife = 8;
const stepsPerLife = 45;
/** So many states apart, the vault is used further, and the file system is checked. */
const longCheckEvery = 4;

export interface PowerRun {
  readonly bench: DiskBench;
  readonly seed: number;
  readonly stateCount: number;
  /** A vault that does not do what it should, for the tests of these tests. */
  readonly spoil?: PowerOptions['spoil'];
}

/** Throws at the first state that breaks a promise, with what leads there. */
export async function runPower(run: PowerRun): Promise<PowerFigures> {
  const random = new SeededRandom(run.seed);
  const figures = new PowerFigures();
  while (figures.states < run.stateCount) {
    const chain = new PowerChain(run, random, figures);
    for (let life = 0; life < livesPerChain && figures.states < run.stateCount; life += 1)
      await chain.live();
  }
  return figures;
}

/** What one disk went through. */
interface Crash {
  readonly image: SparseImage;
  readonly place: number;
  readonly history: PowerHistory;
  /** For messages. */
  readonly name: string;
}

class PowerChain {
  readonly #run: PowerRun;
  readonly #random: SeededRandom;
  readonly #figures: PowerFigures;
  readonly #options: PowerOptions;
  /** All that is durable. */
  #content: SparseImage;
  #past: readonly PowerEvent[] = [];

  constructor(run: PowerRun, random: SeededRandom, figures: PowerFigures) {
    this.#run = run;
    this.#random = random;
    this.#figures = figures;
    this.#options = drawOptions(random);
    this.#content = run.bench.emptyImage();
  }

  async live(): Promise<void> {
    const { bench, spoil, stateCount } = this.#run;
    const random = this.#random;
    const options = spoil === undefined ? this.#options : { ...this.#options, spoil };
    const history = new PowerHistory(options, this.#past);
    const disk = await bench.attach(this.#content);
    const path = join(disk.path, 'vault');
    const load = new PowerLoad(path, { options, random, history, place: () => disk.place() });
    for (let step = 0; step < stepsPerLife; step += 1) load.step();
    load.abandon();
    const log = await disk.detach();
    this.#figures.addLife(log);
    const count = Math.min(statesPerLife, stateCount - this.#figures.states);
    const next = this.#crashes(log, history, count);
    log.close();
    this.#content = next.image;
    this.#past = next.history.until(next.place);
  }

  // In the order of their places, so that the durable content only moves on. One of them.
  #crashes(log: WriteLog, history: PowerHistory, count: number): Crash {
    const random = this.#random;
    const places = Array.from({ length: count }, () => drawPlace(log, history, random));
    const crashes: Crash[] = [];
    let applied = 0;
    for (const place of places.sort((x, y) => x - y)) {
      const flushed = log.flushedAt(place);
      applyWrites(this.#content, log, applied, flushed);
      applied = flushed;
      const kind = random.pick(lossKinds);
      const open = log.writes(flushed, place);
      const image = this.#content.copy();
      for (const { bytes, offsetBytes } of survivors(open, kind, random))
        image.write(bytes, offsetBytes);
      const name = `place ${place} of ${log.length}, ${kind} of ${open.length} open writes`;
      const crash = { image, place, history, name };
      this.#check(crash, open.length);
      crashes.push(crash);
    }
    return random.pick(crashes);
  }

  #check(crash: Crash, openWrites: number): void {
    const { states, lives } = this.#figures;
    const { bench, spoil, seed } = this.#run;
    try {
      const found = this.#open(crash, states % longCheckEvery === 0);
      const { history, place } = crash;
      this.#figures.addState(found, openWrites, !history.hasStarted(place));
    } catch (error) {
      // The file system has a timing of its own, so the seed alone does not lead here again.
      const kept = spoil === undefined ? bench.keep(crash.image, `${seed}-${states}`) : 'nowhere';
      const text = `state ${states}, life ${lives}, ${crash.name}, disk kept in ${kept}`;
      const options = JSON.stringify(this.#options);
      throw new Error(`${text}, ${options}: ${error}`, { cause: error });
    }
  }

  #open({ image, history, place }: Crash, goesOn: boolean) {
    const { bench } = this.#run;
    const path = join(bench.mount(image), 'vault');
    let found: ReturnType<typeof checkCrash>;
    try {
      found = checkCrash(path, this.#options, history.modelAt(place), goesOn);
    } finally {
      bench.unmount();
    }
    const problem = goesOn ? bench.checkFileSystem() : undefined;
    if (problem !== undefined) throw new Error(`the file system is not whole: ${problem}`);
    return found;
  }
}

// At an answer nothing later helps to keep what was promised. Else behind a write, or where a flush
// comes next, so that all since the one before is open.
function drawPlace(log: WriteLog, history: PowerHistory, random: SeededRandom): number {
  const { all, first } = history.acknowledgedPlaces();
  const answered = random.oneIn(2) ? first : all;
  if (answered.length > 0 && random.oneIn(3)) return random.pick(answered);
  let place = random.below(log.length);
  while (place < log.length && log.isFlush(place)) place += 1;
  if (place < log.length) place += 1;
  if (random.oneIn(2)) while (place < log.length && !log.isFlush(place)) place += 1;
  return place;
}
