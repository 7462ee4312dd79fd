// The ledger as bars, with every number beside them.

import { countText } from '../ctl/quantity-text.ts';
import type { GetLedgerResponseJson } from '../generated/gophership/control/v1/control_pb.js';
import { Icon } from './icon.tsx';
import { type LedgerBar, ledgerBars } from './ledger-parts.ts';

export function LedgerView({ ledger }: { readonly ledger: GetLedgerResponseJson }) {
  const isBalanced = ledger.isBalanced === true;
  return (
    <>
      <p class="verdict">
        <Icon name={isBalanced ? 'good' : 'waiting'} />{' '}
        {isBalanced
          ? 'Every batch is accounted for.'
          : 'A batch is between two counts; under load that is usual for a moment.'}
      </p>
      {ledgerBars(ledger).map((bar) => (
        <Bar key={bar.title} bar={bar} />
      ))}
    </>
  );
}

function Bar({ bar: { title, total, parts, difference } }: { readonly bar: LedgerBar }) {
  const shown = parts.filter(({ batches, kind }) => batches !== 0 || kind === 'good');
  return (
    <div class="ledger">
      <h3>
        {title} <span class="amount">{countText(total)} batches</span>
      </h3>
      <div class="stack" aria-hidden="true">
        {shown.map(({ name, kind, batches }) => (
          <div key={name} class={`part part-${kind}`} style={{ flexGrow: batches }} />
        ))}
      </div>
      <ul class="parts">
        {shown.map(({ name, kind, batches }) => (
          <li key={name}>
            <Icon name={kind} /> {name} <span class="amount">{countText(batches)}</span>
          </li>
        ))}
        <li>
          difference <span class="amount">{countText(difference)}</span>
        </li>
      </ul>
    </div>
  );
}
