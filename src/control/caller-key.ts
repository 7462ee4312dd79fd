// Where a handler of the control service finds who calls: context.values.get(callerKey).

import { type ContextKey, createContextKey } from '@connectrpc/connect';
import type { Caller } from './caller.ts';

/** Unless the door has said otherwise, nobody: such a caller may do nothing. */
export const callerKey: ContextKey<Caller> = createContextKey<Caller>(
  { subject: '', role: 'none' },
  { description: 'caller' },
);
