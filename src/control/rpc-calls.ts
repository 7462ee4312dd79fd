// Calls of gRPC, gRPC-Web and Connect: Connect's router between Node's requests and the services.

import { type ConnectRouter, createConnectRouter, createContextValues } from '@connectrpc/connect';
import { universalRequestFromNodeRequest } from '@connectrpc/connect-node';
import { controlBodySizeBytesMax } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Audit } from './audit-log.ts';
import type { Caller } from './caller.ts';
import { callerKey } from './caller-key.ts';
import { answerText, type ControlRequest, type ControlResponse, cut } from './http-exchange.ts';
import { roleGate } from './role-gate.ts';
import { sendAnswer } from './rpc-answer.ts';

/** Registers services. */
export type ServeRpc = (router: ConnectRouter) => void;

export interface RpcCallsParts {
  readonly serve: ServeRpc;
  readonly audit: Audit;
  readonly log: Log;
  /** Aborted with the error that open watches end with. */
  readonly stopping: AbortSignal;
}

type Handler = ConnectRouter['handlers'][number];

/** One procedure, ready to be called. */
export interface RpcCall {
  /** The answer has no end of its own. */
  readonly isWatch: boolean;
  /** Never throws, and answers in any case. */
  run(request: ControlRequest, response: ControlResponse, caller: Caller): void;
}

export class RpcCalls {
  readonly #log: Log;
  readonly #calls: ReadonlyMap<string, RpcCall>;

  constructor({ serve, audit, log, stopping }: RpcCallsParts) {
    this.#log = log;
    const router = createConnectRouter({
      interceptors: [roleGate(audit, log)],
      readMaxBytes: controlBodySizeBytesMax,
      // None: what is inflated would need a bound of its own, and answers are short.
      acceptCompression: [],
      shutdownSignal: stopping,
    });
    serve(router);
    this.#calls = new Map(
      router.handlers.map((handler) => [handler.requestPath, this.#of(handler)]),
    );
  }

  /** Undefined: no procedure has this path. */
  at(path: string): RpcCall | undefined {
    return this.#calls.get(path);
  }

  #of(handler: Handler): RpcCall {
    return {
      isWatch: handler.method.methodKind === 'server_streaming',
      run: (request, response, caller) => void this.#run(handler, request, response, caller),
    };
  }

  /** Never rejects. */
  async #run(
    handler: Handler,
    request: ControlRequest,
    response: ControlResponse,
    caller: Caller,
  ): Promise<void> {
    try {
      const values = createContextValues().set(callerKey, caller);
      const call = universalRequestFromNodeRequest(request, response, undefined, values);
      await sendAnswer(await handler(call), response);
    } catch (error) {
      // The roles' gate has answered what handlers throw: what is left is a connection that has
      // gone, or a request that is none (a host that is no name).
      this.#log.debug('a control call ended early', { why: String(error) });
      if (response.headersSent || response.destroyed) cut(request);
      else answerText(request, response, notACall);
    }
  }
}

const notACall = { status: 400, text: 'CONTROL_INVALID: not a request that can be answered\n' };
