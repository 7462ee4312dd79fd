// The procedure that tells callers who they are.

import type { ServiceImpl } from '@connectrpc/connect';
import type { CallerService } from '../generated/gophership/control/v1/caller_pb.js';
import { callerKey } from './caller-key.ts';

export function callerService(): ServiceImpl<typeof CallerService> {
  return {
    getCaller(_, { values }) {
      const { subject, role } = values.get(callerKey);
      return { subject, role };
    },
  };
}
