import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import type { ScreenDevice } from '../terminal.ts';
import type { Key } from './keys.ts';
import { line, span } from './line.ts';
import { Screen } from './screen.ts';
import { type GuardedProcess, ScreenGuard } from './screen-guard.ts';

/** A terminal that keeps what is written to it, and what was done to its keys. */
class FakeDevice {
  written = '';
  isGone = false;
  readonly modes: boolean[] = [];
  readonly input = Object.assign(new EventEmitter(), {
    setRawMode: (isRaw: boolean) => {
      if (this.isGone) throw new Error('EIO');
      this.modes.push(isRaw);
    },
    setEncoding() {},
    resume() {},
    pause() {},
  });
  readonly output = Object.assign(new EventEmitter(), {
    columns: 100,
    rows: 30,
    write: (text: string) => {
      if (this.isGone) throw new Error('EIO');
      this.written += text;
    },
  });

  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

function opened() {
  const device = new FakeDevice();
  const clock = new FakeClock();
  const keys: Key[] = [];
  const seen: string[] = [];
  const screen = new Screen({
    // It has of both streams what a screen uses.
    device: device as unknown as ScreenDevice,
    ...{ clock, hasColours: true },
    pressed: (key) => keys.push(key),
    resized: () => seen.push('resized'),
    hungUp: () => seen.push('hung up'),
  });
  return { device, clock, keys, seen, screen };
}

const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J';
const leave = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l';

test('leave() takes back what enter() did, once', () => {
  const { device, screen } = opened();
  screen.leave();
  assert.equal(device.take(), '');
  screen.enter();
  screen.enter();
  assert.equal(device.take(), enter);
  screen.leave();
  screen.leave();
  assert.equal(device.take(), leave);
  assert.deepEqual(device.modes, [true, false]);
  assert.deepEqual([device.input.eventNames(), device.output.eventNames()], [[], []]);
});

test('leave() gets through where the terminal is gone', () => {
  const { device, screen } = opened();
  screen.enter();
  device.isGone = true;
  screen.leave();
  assert.deepEqual(device.input.eventNames(), []);
});

test('show() writes the lines that differ, and nothing when it is not there', () => {
  const { device, screen } = opened();
  screen.show([line('early')]);
  assert.equal(device.take(), '');
  screen.enter();
  screen.show([line('one'), line(span('two', { colour: 'red' }))]);
  assert.ok(
    device.take().includes('\u001b[1;1H\u001b[2Kone\u001b[2;1H\u001b[2K\u001b[31mtwo\u001b[0m'),
  );
  screen.show([line('one'), line('2')]);
  const second = device.take();
  assert.ok(second.includes('\u001b[2;1H\u001b[2K2') && !second.includes('one'));
  screen.show([line('one'), line('2')]);
  assert.equal(device.take(), '');
  screen.repaint();
  screen.show([line('one'), line('2')]);
  assert.ok(device.take().includes('one'));
});

test('Esc is a key when nothing follows it', () => {
  const { device, clock, keys, screen } = opened();
  screen.enter();
  device.input.emit('data', '\u001b');
  clock.advance(30);
  device.input.emit('data', '[A');
  device.input.emit('data', '\u001b');
  clock.advance(100);
  assert.deepEqual(keys, [{ kind: 'up' }, { kind: 'escape' }]);
});

test('a terminal that changes its size is drawn anew, one that ends is told of', () => {
  const { device, seen, screen } = opened();
  screen.enter();
  device.output.columns = 60;
  device.output.emit('resize');
  device.input.emit('end');
  assert.deepEqual(seen, ['resized', 'hung up']);
  assert.deepEqual(screen.size, { columns: 60, rows: 30 });
});

/** A process that writes down which signals it sends itself. */
class FakeProcess extends EventEmitter implements GuardedProcess {
  readonly pid = 42;
  readonly steps: string[];

  constructor(steps: string[]) {
    super();
    this.steps = steps;
  }

  kill(pid: number, signal: NodeJS.Signals): void {
    this.steps.push(`kill ${pid} ${signal} with ${this.listenerCount(signal)}`);
  }
}

function guarded() {
  const steps: string[] = [];
  const target = new FakeProcess(steps);
  const guard = new ScreenGuard(
    {
      enter: () => steps.push('enter'),
      leave: () => steps.push('leave'),
      repaint: () => steps.push('repaint'),
    },
    target,
  );
  guard.begin();
  return { steps, target, guard };
}

test('a signal restores the terminal first, and then ends the process as if nobody had listened', () => {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT']) {
    const { steps, target } = guarded();
    target.emit(signal);
    assert.deepEqual(steps, ['leave', `kill 42 ${signal} with 0`]);
  }
});

test('suspended, the terminal is given back and taken again, drawn anew', () => {
  const { steps, target } = guarded();
  target.emit('SIGTSTP');
  assert.deepEqual(steps, ['leave', 'kill 42 SIGTSTP with 0', 'enter', 'repaint']);
  assert.equal(target.listenerCount('SIGTSTP'), 1);
});

test('a fault that nobody catches, and any exit, restore the terminal', () => {
  for (const event of ['uncaughtExceptionMonitor', 'exit']) {
    const { steps, target } = guarded();
    target.emit(event);
    assert.deepEqual(steps, ['leave']);
  }
});

test('end() listens to nothing more', () => {
  const { target, guard } = guarded();
  guard.end();
  assert.deepEqual(target.eventNames(), []);
});
