// What happened at a simulated disk, call by call, and what is to happen at which call.

import { IoFault } from '../../src/vault/io-fault.ts';

export type CallName =
  | 'open'
  | 'read'
  | 'write'
  | 'fdatasync'
  | 'truncate'
  | 'size'
  | 'mkdir'
  | 'rename'
  | 'unlink'
  | 'fsyncdir'
  | 'list'
  | 'statfs';

export interface DiskCall {
  /** From 1. */
  readonly number: number;
  readonly name: CallName;
  readonly path: string;
  readonly positionBytes: number;
  readonly lengthBytes: number;
  /** None if it said that it had worked. */
  result: IoFault;
}

export type Injection =
  /** Fails. Of a write the first `writtenBytes` are done; a sync loses what was to be synced. */
  | {
      readonly kind: 'fault';
      readonly fault: Exclude<IoFault, typeof IoFault.None>;
      readonly writtenBytes?: number;
    }
  /** Says that it worked and does nothing. */
  | { readonly kind: 'lost' }
  /** A write that lands elsewhere and says that it worked. */
  | { readonly kind: 'misdirected'; readonly path: string; readonly positionBytes: number }
  /** The machine stops before the call does anything. */
  | { readonly kind: 'crash' };

/** Thrown by the call at which the machine stops; nothing but a test may catch it. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

export class CallScript {
  readonly calls: DiskCall[] = [];
  /** Sees every call before it does anything, and may say what is to go wrong with it. */
  watch: ((call: DiskCall) => Injection | undefined) | undefined;
  readonly #injections = new Map<number, Injection>();

  /** Numbers count from 1 over the life of the disk. */
  inject(number: number, injection: Injection): void {
    if (number <= this.calls.length) throw new Error(`call ${number} has been made`);
    this.#injections.set(number, injection);
  }

  /** Notes a call and says what is to go wrong with it. */
  begin(call: Omit<DiskCall, 'number' | 'result'>): { call: DiskCall; injection?: Injection } {
    const number = this.calls.length + 1;
    const noted: DiskCall = { ...call, number, result: IoFault.None };
    this.calls.push(noted);
    const injection = this.#injections.get(number) ?? this.watch?.(noted);
    if (injection?.kind === 'crash') throw new SimulatedCrash(`call ${number}: ${call.name}`);
    return injection === undefined ? { call: noted } : { call: noted, injection };
  }
}
