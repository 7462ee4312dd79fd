// A client of one service of the control port, in process, with a caller as the door makes them.

import type { DescService } from '@bufbuild/protobuf';
import {
  type Client,
  createClient,
  createRouterTransport,
  type Interceptor,
  type ServiceImpl,
} from '@connectrpc/connect';
import type { Role } from '../../src/control/caller.ts';
import { callerKey } from '../../src/control/caller-key.ts';
import { RecordedAudit } from '../../src/control/recorded-audit.ts';
import { roleGate } from '../../src/control/role-gate.ts';
import { FakeClock } from './fake-clock.ts';
import { keptLog } from './kept-log.ts';

export function serviceClient<Service extends DescService>(
  service: Service,
  implementation: ServiceImpl<Service>,
  subject = 'CN=ops',
  role: Role = 'operator',
): Client<Service> {
  const { log } = keptLog();
  const asCaller: Interceptor = (next) => (request) => {
    request.contextValues.set(callerKey, { subject, role });
    return next(request);
  };
  const gate = roleGate(new RecordedAudit(new FakeClock(), log), log);
  const transport = createRouterTransport((router) => router.service(service, implementation), {
    router: { interceptors: [asCaller, gate] },
  });
  return createClient(service, transport);
}
