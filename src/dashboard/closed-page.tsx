// In place of the page when this tab is not let in, or no longer.

import type { CallFault } from './call-fault.ts';
import { FaultNote } from './fault-note.tsx';

export function ClosedPage({ fault }: { readonly fault: CallFault }) {
  return (
    <main class="closed">
      <h1>GopherShip</h1>
      <FaultNote fault={fault} />
    </main>
  );
}
