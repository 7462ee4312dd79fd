// Scenario: tabs come, go, read slowly and read again, while the engine answers late or not at all,
// refuses, says something, ends the watch or breaks it off.
// Guarantees: at most one watch of the engine is open, none without tabs; a tab gets what the
// engine said, in order, each at most once, and the newest in the end or before the end; of a tab
// that does not read one line waits beside those that its connection holds; all tabs of a watch are
// told its end; when all have gone nothing is left open.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { testSeed } from '../../../test/support/seed.ts';
import { unreachable } from '../../assert.ts';
import { enveloped } from './connect-envelopes.ts';
import { LinkFault } from './engine-link.ts';
import { refusal } from './page-answer.ts';
import { SharedWatch } from './shared-watch.ts';

type Command =
  | { readonly kind: 'open' | 'answer' | 'refuse' | 'say' | 'end' | 'break' }
  | { readonly kind: 'close' | 'stop-reading' | 'read'; readonly at: number };

const simple = (kind: 'open' | 'answer' | 'refuse' | 'say' | 'end' | 'break', weight: number) => ({
  weight,
  arbitrary: fc.constant<Command>({ kind }),
});
const ofTab = (kind: 'close' | 'stop-reading' | 'read', weight: number) => ({
  weight,
  arbitrary: fc.nat({ max: 11 }).map((at): Command => ({ kind, at })),
});
const command = fc.oneof(
  ...[simple('open', 4), simple('answer', 4), simple('say', 10), ofTab('stop-reading', 3)],
  ...[ofTab('read', 3), ofTab('close', 2), simple('refuse', 1), simple('end', 1)],
  simple('break', 1),
);

/** Of a connection, as a kernel has it. */
const heldSizeBytes = 64;
/** Longer than the half of it, so that a second one fills it. */
const textLength = 40;

class FakeTab extends Writable {
  readonly lines: string[] = [];
  readonly left = new AbortController();
  /** What its answer came to; undefined: it goes on. */
  outcome: 'ended' | 'refused' | undefined;
  #isReading = true;
  #unread: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: heldSizeBytes, decodeStrings: false });
    this.once('close', () => this.left.abort());
  }

  get response(): ServerResponse {
    return this as unknown as ServerResponse; // what lines need of one
  }

  writeHead(): void {}
  flushHeaders(): void {}

  override _write(chunk: string, _: unknown, done: () => void): void {
    const take = () => {
      this.lines.push(...chunk.trimEnd().split('\n'));
      done();
    };
    if (this.#isReading) take();
    else this.#unread = take;
  }

  stopReading(): void {
    this.#isReading = false;
  }

  read(): void {
    this.#isReading = true;
    const take = this.#unread;
    this.#unread = undefined;
    take?.();
  }
}

class FakeStream extends PassThrough {
  close(): void {
    this.destroy();
  }
}

class FakeEngine {
  readonly streams = new Set<FakeStream>();
  /** On the stream that is open. */
  hasSpoken = false;
  readonly #asked = new Set<PromiseWithResolvers<FakeStream>>();

  get openCount(): number {
    return this.streams.size + this.#asked.size;
  }

  /** As EngineLink does it. */
  async open(_procedure: string, _request: Buffer, left: AbortSignal): Promise<ClientHttp2Stream> {
    const asked = Promise.withResolvers<FakeStream>();
    this.#asked.add(asked);
    left.addEventListener('abort', () => {
      if (this.#asked.delete(asked)) asked.reject(new LinkFault(gone));
    });
    const stream = await asked.promise;
    left.addEventListener('abort', () => stream.close());
    return stream as unknown as ClientHttp2Stream; // what lines need of one
  }

  brokenBy() {
    return Promise.resolve(gone);
  }

  answer(): void {
    for (const asked of this.#asked) {
      const stream = new FakeStream();
      this.hasSpoken = false;
      this.streams.add(stream);
      stream.once('close', () => this.streams.delete(stream));
      asked.resolve(stream);
    }
    this.#asked.clear();
  }

  refuse(): void {
    for (const asked of this.#asked) asked.reject(new LinkFault(gone));
    this.#asked.clear();
  }

  say(message: object): void {
    this.hasSpoken = true;
    for (const stream of this.streams)
      stream.write(enveloped(Buffer.from(JSON.stringify(message))));
  }

  end(): void {
    const end = enveloped(Buffer.from('{}'));
    end.writeUInt8(2, 0);
    for (const stream of this.streams) stream.write(end);
  }

  break(): void {
    for (const stream of this.streams) stream.destroy();
    this.streams.clear();
  }
}

const gone = refusal(503, 'unavailable', 'UNREACHABLE: gone');

class Model {
  readonly #clock = new FakeClock();
  readonly #engine = new FakeEngine();
  readonly #watch = new SharedWatch({ engine: this.#engine, clock: this.#clock, procedure: 'x/X' });
  readonly #tabs: FakeTab[] = [];
  /** Of the last message; each has its own number. */
  #said = 0;
  /** What a tab must have got before the end of its watch. */
  readonly #due = new Map<FakeTab, number>();

  /** @param commands those of an array at once */
  async run(commands: readonly (readonly Command[])[]): Promise<void> {
    for (const together of commands) {
      for (const next of together) this.#do(next);
      for (let turn = 0; turn < 3; turn += 1) await setImmediate();
      this.#check();
    }
    await this.#checkNewest();
    for (const tab of this.#tabs) tab.destroy();
    await setImmediate();
    this.#check();
    assert.equal(this.#engine.openCount, 0, 'a watch without tabs');
    assert.equal(this.#clock.pendingCount, 0, 'a timer without tabs');
    assert.ok(this.#tabs.every(({ outcome }) => outcome !== undefined));
  }

  #do(next: Command): unknown {
    switch (next.kind) {
      case 'open':
        return this.#open();
      case 'answer':
        return this.#engine.answer();
      case 'refuse':
        return this.#engine.refuse();
      case 'say':
        return this.#say();
      case 'end':
        return this.#end();
      case 'break':
        return this.#engine.break();
      case 'close':
        return this.#tabs[next.at]?.destroy();
      case 'stop-reading':
        return this.#tabs[next.at]?.stopReading();
      case 'read':
        return this.#tabs[next.at]?.read();
      default:
        return unreachable(next, 'command');
    }
  }

  #open(): FakeTab {
    const tab = new FakeTab();
    this.#tabs.push(tab);
    this.#watch.show(tab.response, tab.left.signal).then(
      () => {
        tab.outcome = 'ended';
      },
      () => {
        tab.outcome = 'refused';
      },
    );
    return tab;
  }

  #say(): void {
    if (this.#engine.streams.size === 0) return;
    this.#said += 1;
    this.#engine.say({ n: this.#said, text: 'x'.repeat(textLength) });
  }

  #end(): void {
    this.#engine.end();
    const isSaid = this.#engine.streams.size > 0 && this.#engine.hasSpoken;
    for (const tab of isSaid ? this.#shown : []) {
      if (!this.#due.has(tab) && !tab.writableEnded) this.#due.set(tab, this.#said);
    }
  }

  get #shown(): readonly FakeTab[] {
    return this.#tabs.filter(({ outcome }) => outcome === undefined);
  }

  #check(): void {
    assert.ok(this.#engine.openCount <= 1, `${this.#engine.openCount} watches`);
    if (this.#shown.length === 0) assert.equal(this.#engine.openCount, 0, 'a watch for nobody');
    for (const tab of this.#tabs) {
      const numbers = numbersOf(tab);
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
        'in order, once',
      );
      // The line that fills the connection, and an end with the one that waited.
      const lineSizeBytes = textLength + 40;
      assert.ok(tab.writableLength <= heldSizeBytes + 3 * lineSizeBytes, 'too much is kept');
      const isTold = tab.lines.some((line) => /"end"|"error"/.test(line));
      if (isTold) assert.match(tab.lines.at(-1) ?? '', /"end"|"error"/, 'a line after the last');
    }
  }

  /** Whoever still looks has it, once it has read, and so has one who comes now. */
  async #checkNewest(): Promise<void> {
    const fresh = this.#open();
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
    this.#engine.answer();
    for (const tab of this.#tabs) tab.stopReading();
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
    const before = this.#tabs.map((tab) => tab.lines.length);
    for (let count = 0; count < 20; count += 1) {
      this.#say();
      await setImmediate();
    }
    this.#check();
    for (const tab of this.#tabs) tab.read();
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    this.#check();
    assert.deepEqual([fresh.outcome, fresh.writableEnded], [undefined, false], 'joined a dead one');
    for (const [tab, number] of this.#due) {
      const isWhole = tab.errored === null && tab.writableFinished;
      assert.ok(!isWhole || numbersOf(tab).at(-1) === number, 'the newest before the end');
    }
    for (const [index, tab] of this.#tabs.entries()) {
      if (tab.outcome !== undefined || tab.writableEnded) continue;
      assert.equal(numbersOf(tab).at(-1), this.#said, 'the newest');
      const held = Math.ceil(heldSizeBytes / textLength);
      assert.ok(tab.lines.length - (before[index] ?? 0) <= held + 2, 'more than one waited');
    }
  }
}

function numbersOf(tab: FakeTab): number[] {
  return tab.lines.flatMap((line) => JSON.parse(line).message?.n ?? []);
}

test('SharedWatch is one watch for all tabs, whatever they and the engine do', async (context) => {
  const seed = testSeed(context);
  const together = fc.array(command, { minLength: 1, maxLength: 3 });
  const commands = fc.array(together, { minLength: 10, maxLength: 60, size: 'max' });
  const property = fc.asyncProperty(commands, (all) => new Model().run(all));
  await fc.assert(property, { seed, numRuns: 300 });
});
