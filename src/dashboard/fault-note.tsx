// What went wrong, with its code and what to try.

import type { CallFault } from './call-fault.ts';
import { Icon } from './icon.tsx';

export function FaultNote({ fault }: { readonly fault: CallFault }) {
  return (
    <div class="fault" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{fault.code}</strong>: {fault.text}
        {fault.hint !== '' && <p class="hint">{fault.hint}</p>}
      </div>
    </div>
  );
}
