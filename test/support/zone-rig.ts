// A zone machine that is fed one sample after another, for tests.

import type { Zone } from '../../src/memory/zone-word.ts';
import { createReadings, Signal } from '../../src/monitor/signals.ts';
import type { Transition } from '../../src/monitor/zone-history.ts';
import { ZoneMachine } from '../../src/monitor/zone-machine.ts';
import { testZones } from './zones-config.ts';

type Values = Partial<Record<keyof typeof Signal, number>>;

export class ZoneRig {
  readonly machine: ZoneMachine;
  readonly readings = createReadings();
  nowMs = 0;

  constructor(yaml: object = {}) {
    this.machine = new ZoneMachine(testZones(yaml), 0);
  }

  /** The next sample, `afterMs` later, with other values of some signals; the zone after it. */
  step(afterMs: number, values: Values = {}): Zone {
    this.sample(afterMs, values);
    return this.machine.zone;
  }

  sample(afterMs: number, values: Values = {}): Transition | undefined {
    this.nowMs += afterMs;
    for (const [name, value] of Object.entries(values)) {
      this.readings[Signal[name as keyof typeof Signal]] = value; // its keys, by its type
    }
    return this.machine.step(this.nowMs, this.readings);
  }

  explain() {
    return this.machine.explain(this.nowMs, this.readings);
  }
}
