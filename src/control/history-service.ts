// The procedure that hands out the history.

import type { ServiceImpl } from '@connectrpc/connect';
import type { HistoryService } from '../generated/gophership/control/v1/history_pb.js';
import type { History } from './history.ts';
import { historyMessage } from './history-message.ts';
import { rpcFault } from './rpc-fault.ts';

export interface HistoryServiceParts {
  /** Undefined while the engine starts. */
  history(): History | undefined;
}

export function historyService(parts: HistoryServiceParts): ServiceImpl<typeof HistoryService> {
  return {
    getHistory({ since, last }) {
      const history = parts.history();
      if (history === undefined) {
        throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
      }
      return historyMessage(history, history.slice(since, last));
    },
  };
}
