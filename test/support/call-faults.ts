// Calls of a disk that fail at a given place in a history, however many disks it goes over.

import { IoFault } from '../../src/vault/io-fault.ts';
import type { CallName, DiskCall, Injection } from './call-script.ts';

export interface CallFaultsPlan {
  /** Calls before the first that fails. */
  readonly wait: number;
  /** How many fail, one after the other. */
  readonly count: number;
  readonly injection: Injection;
  /** From the first on only calls of its kind fail. */
  readonly isOfOneKind: boolean;
  /** Also calls whose failure may cost what was acknowledged: what the medium cannot read, ... */
  readonly isTotal: boolean;
}

export class CallFaults {
  readonly isTotal: boolean;
  firedCount = 0;
  readonly #plan: CallFaultsPlan;
  #wait: number;
  #name: CallName | undefined;

  constructor(plan: CallFaultsPlan) {
    this.isTotal = plan.isTotal;
    this.#plan = plan;
    this.#wait = plan.wait;
  }

  get isOver(): boolean {
    return this.firedCount >= this.#plan.count;
  }

  at({ name, path }: DiskCall, isStarting: boolean): Injection | undefined {
    if (this.isOver || (!this.isTotal && isOfTheMedium(name, path, isStarting))) return undefined;
    this.#wait -= 1;
    if (this.#wait >= 0) return undefined;
    if (this.#name !== undefined && name !== this.#name) return undefined;
    if (this.#plan.isOfOneKind) this.#name = name;
    this.firedCount += 1;
    return this.#plan.injection;
  }
}

// What the medium cannot read is damaged, and what a start cannot flush is no more durable than is
// proven: both may cost an entry that was acknowledged, as they should.
function isOfTheMedium(name: CallName, path: string, isStarting: boolean): boolean {
  if (name === 'fdatasync') return isStarting && path.includes('seg/');
  return name === 'read' || name === 'size' || name === 'statfs';
}

const faultKinds = [
  IoFault.Medium,
  IoFault.NoSpace,
  IoFault.Quota,
  IoFault.ReadOnly,
  IoFault.Short,
  IoFault.NoDescriptor,
  IoFault.NoMemory,
  IoFault.Interrupted,
] as const;

/** Any fault, with some of a write done. */
export function faultOf(a: number, b: number): Injection {
  const fault = faultKinds[b % faultKinds.length] ?? IoFault.Medium;
  return { kind: 'fault', fault, writtenBytes: 512 * (a % 32) };
}
