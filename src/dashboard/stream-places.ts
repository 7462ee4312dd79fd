// Places for streams among the tabs of one browser. It opens six connections to a host for all tabs
// together, and a stream holds one of them: with six streams every call of every tab would wait for
// one to end. So no more than four are open, and who gets no place asks again and again instead.

import { CallFault } from './call-fault.ts';

export const placeCountMax = 4;

export interface StreamPlaces {
  /** Throws a CallFault, 'busy', if there is none. Whoever has one gives it back. */
  take(): Promise<() => void>;
}

/** `navigator.locks`, as much of it as is needed. */
export interface Locks {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    use: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

/** By locks, which a browser has for all tabs of an address and takes from those that close. */
export function browserPlaces(locks: Locks): StreamPlaces {
  return {
    async take() {
      for (let place = 0; place < placeCountMax; place += 1) {
        const giveBack = await takeLock(locks, `gophership-stream-${place}`);
        if (giveBack !== undefined) return giveBack;
      }
      const text = `${placeCountMax} streams are open in this browser, as many as may be`;
      throw new CallFault('CONTROL_BUSY', text, 'close one in another tab', 'busy');
    },
  };
}

/** Undefined: somebody has it. */
function takeLock(locks: Locks, name: string): Promise<(() => void) | undefined> {
  const { promise: taken, resolve, reject } = Promise.withResolvers<(() => void) | undefined>();
  const request = locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock === null) {
      resolve(undefined);
      return undefined;
    }
    const held = Promise.withResolvers<void>();
    resolve(held.resolve);
    return held.promise;
  });
  request.catch(reject);
  return taken;
}
