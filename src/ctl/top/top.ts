// `gs-ctl top`: a live screen of one engine. Puts together what the engine tells, the loop that
// makes frames of it, and the terminal, which is restored whatever happens.

import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../clock.ts';
import { Backoff } from '../backoff.ts';
import { type ControlClient, withControl } from '../control-client.ts';
import type { ControlFlags } from '../control-connection.ts';
import { CtlError } from '../ctl-error.ts';
import { CtlExit } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { watchAgain } from '../watch-again.ts';
import { frame } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { Screen } from './screen.ts';
import { ScreenGuard } from './screen-guard.ts';
import { TopEngine } from './top-engine.ts';
import { TopLoop } from './top-loop.ts';
import { topOnce } from './top-once.ts';

export interface TopFlags extends ControlFlags {
  readonly once?: boolean;
}

/** @param draw what a test puts in the place of the real frames */
export async function top(
  flags: TopFlags,
  terminal: Terminal,
  draw: typeof frame = frame,
): Promise<CtlExit> {
  if (terminal.format !== 'table') throw onlyForPeople();
  if (flags.once) {
    return withControl(flags, terminal, (client) => topOnce(client, terminal, systemClock, draw));
  }
  const { screen: device, environment } = terminal;
  if (device === undefined || environment.TERM === 'dumb') throw noTerminal();
  const clock = systemClock;
  const engine = new TopEngine({ clock, target: flags, tell });
  const screen = new Screen({
    ...{ device, clock, hasColours: terminal.hasColours === true },
    pressed: (key) => loop.pressed(key),
    resized: () => loop.resized(),
    hungUp: () => guard.endBy('SIGHUP'),
  });
  const guard = new ScreenGuard({
    enter: () => screen.enter(),
    leave: () => screen.leave(),
    repaint() {
      screen.repaint();
      loop.resized();
    },
  });
  const loop = new TopLoop(flags.address ?? flags.context ?? '', {
    ...{ clock, engine, frame: draw, glyphs: glyphsFor(environment) },
    size: () => screen.size,
    show: (lines) => screen.show(lines),
    repaint: () => screen.repaint(),
    suspend: () => guard.suspend(),
  });
  function tell(...told: Parameters<TopLoop['told']>): void {
    loop.told(...told);
  }

  let isOnScreen = false;
  const beside: Terminal = {
    ...terminal,
    // In the middle of the screen it would only spoil that.
    talk: (text) => (isOnScreen ? undefined : terminal.talk(text)),
  };
  const stop = new AbortController();
  const connection = connected({ flags, terminal: beside, engine, stop: stop.signal, tell });
  try {
    // Without a first answer there is an error and no screen.
    await Promise.race([connection.answered, connection.over]);
    isOnScreen = true;
    guard.begin();
    screen.enter();
    loop.begin();
    await Promise.race([loop.ended, connection.over]);
  } finally {
    screen.leave();
    guard.end();
    loop.end();
    stop.abort();
    for (const line of loop.done) terminal.talk(`${line}\n`);
  }
  return CtlExit.Done;
}

interface ConnectedParts {
  readonly flags: ControlFlags;
  readonly terminal: Terminal;
  readonly engine: TopEngine;
  /** Ends all of it. */
  readonly stop: AbortSignal;
  readonly tell: (...told: Parameters<TopLoop['told']>) => void;
}

interface Connected {
  /** The engine has said something. */
  readonly answered: Promise<void>;
  /** Rejects with what no waiting mends. */
  readonly over: Promise<never>;
}

/** For as many connections as it takes. */
function connected({ flags, terminal, engine, stop, tell }: ConnectedParts): Connected {
  const answered = Promise.withResolvers<void>();
  const watch = async (client: ControlClient, told: () => void): Promise<never> => {
    const hangUp = () => client.close();
    stop.addEventListener('abort', hangUp);
    try {
      stop.throwIfAborted();
      tell({ kind: 'target', address: client.address }, true);
      return await engine.watch(client, () => {
        told();
        answered.resolve();
      });
    } finally {
      stop.removeEventListener('abort', hangUp);
    }
  };
  const over = watchAgain(flags, terminal, watch, {
    connect: withControl,
    backoff: new Backoff(),
    pause: (ms) => sleep(ms, undefined, { signal: stop }),
    lost: async ({ code, message }, againInMs) => {
      const againMs = systemClock.nowMs() + againInMs;
      tell({ kind: 'lost', why: `${code}: ${message}`, againMs }, true);
    },
  });
  // Once nobody waits for it any more, its end is no news.
  over.catch(() => {});
  return { answered: answered.promise, over };
}

function onlyForPeople(): CtlError {
  const message = 'top is for people: there is no such screen as JSON or YAML';
  return new CtlError('USAGE', CtlExit.Usage, message, 'gs-ctl status --watch -o json');
}

function noTerminal(): CtlError {
  const message = 'stdin and stdout are no terminal that a live screen can be drawn on';
  return new CtlError('USAGE', CtlExit.Usage, message, 'gs-ctl top --once prints one frame');
}
