// A further process of a story, which is told what to do and asked how it is by messages. It ends
// with its parent, or when that says so.

import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What the parent says; every message is answered, in order. */
export interface Child<Order, Answer> {
  readonly pid: number;
  ask(order: Order): Promise<Answer>;
  end(): Promise<void>;
}

export function startChild<Order extends object, Answer>(
  module: URL,
  options: object,
): Child<Order, Answer> {
  // More young generation than usual: buffers of requests are all garbage soon.
  const execArgv = ['--max-semi-space-size=16'];
  const child = fork(module, [JSON.stringify(options)], { execArgv });
  const waiting: PromiseWithResolvers<Answer>[] = [];
  child.on('message', (answer) => waiting.shift()?.resolve(answer as Answer)); // a child of ours
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', kill);
    const error = new Error(`${module.pathname} ended: ${code ?? signal}`);
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  return {
    pid: child.pid ?? 0,
    ask(order) {
      const answer = Promise.withResolvers<Answer>();
      if (child.connected) {
        waiting.push(answer);
        child.send(order);
      } else {
        answer.reject(new Error(`${module.pathname} has ended`));
      }
      return answer.promise;
    },
    async end() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** In the child: its options, and `answer` for every order. */
export function serveParent<Order, Answer>(answer: (order: Order) => Answer | Promise<Answer>) {
  process.on('message', (order) => {
    void Promise.resolve(answer(order as Order)).then((said) => process.send?.(said)); // our parent
  });
  process.on('disconnect', () => process.exit(0));
}

export function childOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? '{}') as Options; // made by startChild()
}

/** Of this process, all threads. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
