// Signals as bars that are full when things are bad, with the thresholds of Yellow and Red on them.

import type { SignalJson } from '../generated/gophership/control/v1/control_pb.js';
import { type SignalReading, signalReading } from './signal-reading.ts';
import { ZoneBadge } from './zone-badge.tsx';

export function Gauges({ signals }: { readonly signals: readonly SignalJson[] }) {
  return (
    <ul class="gauges">
      {signals.map((signal) => (
        <Gauge key={signal.name} reading={signalReading(signal)} />
      ))}
    </ul>
  );
}

function Gauge({ reading }: { readonly reading: SignalReading }) {
  const { name, valueText, marginText, holds, bar } = reading;
  return (
    <li class="gauge">
      <span class="gauge-name">{name}</span>
      <span class="gauge-value">{valueText}</span>
      {bar !== undefined && (
        <div class={`gauge-bar bar holds-${holds}`} aria-hidden="true">
          <div class="bar-fill" style={{ width: `${bar.value * 100}%` }} />
          {bar.yellow !== undefined && <Threshold zone="yellow" at={bar.yellow} />}
          {bar.red !== undefined && <Threshold zone="red" at={bar.red} />}
        </div>
      )}
      <span class="gauge-margin">
        {holds !== 'green' && holds !== 'unknown' && <ZoneBadge zone={holds} />} {marginText}
      </span>
    </li>
  );
}

/** The places are clear of each other and of the ends, which a hair line at 100 % would not be. */
function Threshold({ zone, at }: { readonly zone: 'yellow' | 'red'; readonly at: number }) {
  return <div class={`threshold threshold-${zone}`} style={{ left: `${at * 100}%` }} />;
}
