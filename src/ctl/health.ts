// `gs-ctl health`: whether the engine serves, by the health checking protocol of gRPC, which needs
// no role. Exit 0 or 1, whatever the reason.

import {
  Health,
  HealthCheckResponse_ServingStatus,
} from '../generated/grpc/health/v1/health_pb.js';
import { askAllContexts, type ContextAnswer, errorValue } from './all-contexts.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { failingWith } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { columns, show, type Terminal } from './terminal.ts';

export interface HealthFlags extends ControlFlags {
  readonly allContexts?: boolean;
}

export function health(flags: HealthFlags, terminal: Terminal): Promise<CtlExit> {
  return failingWith(CtlExit.No, () =>
    flags.allContexts
      ? healthOfAll(flags, terminal)
      : withControl(flags, terminal, (client) => showHealth(client, terminal)),
  );
}

export async function showHealth(client: ControlClient, terminal: Terminal): Promise<CtlExit> {
  const answer = await readHealth(client);
  await show(terminal, { kind: 'Health', ...answer }, () =>
    columns(['ADDRESS', 'HEALTH'], [[answer.address, answer.health]]),
  );
  if (!answer.isHealthy) terminal.talk('hint: `gs-ctl status` says what the engine does\n');
  return answer.isHealthy ? CtlExit.Done : CtlExit.No;
}

export async function healthOfAll(
  flags: ControlFlags,
  terminal: Terminal,
  connect = withControl,
): Promise<CtlExit> {
  const answers = await askAllContexts(flags, terminal, readHealth, connect);
  await show(terminal, { kind: 'HealthList', contexts: answers.map(contextValue) }, () =>
    columns(['CONTEXT', 'ADDRESS', 'HEALTH', 'REASON'], answers.map(contextRow)),
  );
  const areHealthy = answers.every(({ result }) => 'answer' in result && result.answer.isHealthy);
  return areHealthy ? CtlExit.Done : CtlExit.No;
}

interface HealthAnswer {
  readonly address: string;
  readonly health: string;
  readonly isHealthy: boolean;
}

async function readHealth(client: ControlClient): Promise<HealthAnswer> {
  const { status } = await client.call(Health, (checks, options) => checks.check({}, options));
  return {
    address: client.address,
    health: servingWord(status),
    isHealthy: status === HealthCheckResponse_ServingStatus.SERVING,
  };
}

function servingWord(status: HealthCheckResponse_ServingStatus): string {
  switch (status) {
    case HealthCheckResponse_ServingStatus.SERVING:
      return 'serving';
    case HealthCheckResponse_ServingStatus.NOT_SERVING:
      return 'not_serving';
    default:
      return 'unknown';
  }
}

function contextValue({ context, result }: ContextAnswer<HealthAnswer>) {
  if ('error' in result) return { context, isHealthy: false, error: errorValue(result.error) };
  return { context, ...result.answer };
}

function contextRow({ context, result }: ContextAnswer<HealthAnswer>): string[] {
  if ('answer' in result) return [context, result.answer.address, result.answer.health, ''];
  const { code, message } = result.error;
  return [context, '-', 'unknown', `${code}: ${message}`];
}
