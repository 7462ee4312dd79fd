import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, createRouterTransport } from '@connectrpc/connect';
import { CallerService } from '../generated/gophership/control/v1/caller_pb.js';
import { callerKey } from './caller-key.ts';
import { callerService } from './caller-service.ts';

test('getCaller() says the subject and the role that the door has found', async () => {
  const transport = createRouterTransport(
    (router) => router.service(CallerService, callerService()),
    {
      router: {
        interceptors: [
          (next) => (request) => {
            request.contextValues.set(callerKey, { subject: 'CN=ann', role: 'viewer' });
            return next(request);
          },
        ],
      },
    },
  );
  const { subject, role } = await createClient(CallerService, transport).getCaller({});
  assert.deepEqual([subject, role], ['CN=ann', 'viewer']);
});
