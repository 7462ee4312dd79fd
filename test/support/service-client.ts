// A client of one service of the control port, in process, with a caller as the door makes them.

import type { DescService } from '@bufbuild/protobuf';
import {
  type Client,
  createClient,
  createRouterTransport,
  type Interceptor,
  type ServiceImpl,
} from '@connectrpc/connect';
import type { Audit } from '../../src/control/audit-log.ts';
import type { Role } from '../../src/control/caller.ts';
import { callerKey } from '../../src/control/caller-key.ts';
import { roleGate } from '../../src/control/role-gate.ts';
import { keptLog } from './kept-log.ts';

export function serviceClient<Service extends DescService>(
  service: Service,
  implementation: ServiceImpl<Service>,
  audit: Audit,
  subject = 'CN=ops',
  role: Role = 'operator',
): Client<Service> {
  const { log } = keptLog();
  const asCaller: Interceptor = (next) => (request) => {
    request.contextValues.set(callerKey, { subject, role });
    return next(request);
  };
  const gate = roleGate(audit, log);
  const transport = createRouterTransport((router) => router.service(service, implementation), {
    router: { interceptors: [asCaller, gate] },
  });
  return createClient(service, transport);
}
