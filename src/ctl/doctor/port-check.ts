// Can the engine listen where it is configured to? A port that a running engine has is as it should
// be.

import { createServer } from 'node:net';
import { errorCode } from './error-code.ts';
import { type Finding, failure, fine, warning } from './finding.ts';
import { isEngine, type PortOwner } from './port-owner.ts';

export interface PortFacts {
  /** Of the configuration: `receivers.otlp.protocols.grpc`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Of listen(); undefined: it worked. */
  readonly fault: string | undefined;
  /** Undefined: nobody, or not to be seen. */
  readonly owner: PortOwner | undefined;
}

/** Binds it for a moment, without sharing. */
export async function probePort(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    return undefined;
  } catch (error) {
    return errorCode(error);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

export function portVerdict({ name, host, port, fault, owner }: PortFacts): Finding {
  const place = `${name}: ${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (fault === undefined) return fine('port', `${place} is free`);
  if (fault !== 'EADDRINUSE') {
    const hint = fault === 'EACCES' ? lowPortHint : 'is the address one of this host?';
    return failure('port', `${place} cannot be listened on: ${fault}`, hint);
  }
  if (owner === undefined) {
    const hint = 'if that is the engine, all is well; else set another port. root sees who it is';
    return warning('port', `${place} is taken by a process that is not to be seen`, hint);
  }
  const { processId, command } = owner;
  if (isEngine(owner))
    return fine('port', `${place} is served by the engine, process ${processId}`);
  const [program = 'a program'] = command;
  const text = `${place} is taken by process ${processId}, ${program}`;
  return failure('port', text, 'end that process, or set another port');
}

const lowPortHint = 'ports below 1024 need CAP_NET_BIND_SERVICE';
