// What the control port needs once somebody connects: TLS with a client certificate, the role that
// the certificate has, HTTP, and the services. Loaded for the first connection
// (control-listener.ts).

import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Config, ControlConfig } from '../config/config.ts';
import { CallerService } from '../generated/gophership/control/v1/caller_pb.js';
import { ControlService } from '../generated/gophership/control/v1/control_pb.js';
import { DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { HistoryService } from '../generated/gophership/control/v1/history_pb.js';
import { DeadLetterService } from '../generated/gophership/control/v1/letters_pb.js';
import { ReplayService } from '../generated/gophership/control/v1/replay_pb.js';
import { TapService } from '../generated/gophership/control/v1/tap_pb.js';
import { VaultService } from '../generated/gophership/control/v1/vault_pb.js';
import { Health } from '../generated/grpc/health/v1/health_pb.js';
import {
  controlConnectionsMax,
  controlConnectionsParkedMax,
  controlConnectionsWithoutRoleMax,
} from '../limits.ts';
import type { Log } from '../log.ts';
import type { CertificateExpiry } from '../tls/certificate-expiries.ts';
import { ConnectionGate } from '../tls/connection-gate.ts';
import { peerIdentity } from '../tls/peer-identity.ts';
import type { PemMaterial } from '../tls/pem-material.ts';
import { SecureListener } from '../tls/secure-listener.ts';
import { listenerContext, listenerOptions } from '../tls/server-context.ts';
import { callerService } from './caller-service.ts';
import { ControlAnswers } from './control-answers.ts';
import { ControlHttp } from './control-http.ts';
import { controlService } from './control-service.ts';
import { drainService } from './drain-service.ts';
import type { EngineView } from './engine-view.ts';
import { healthService } from './health-service.ts';
import type { History } from './history.ts';
import { historyService } from './history-service.ts';
import { letterService } from './letter-service.ts';
import { RecordedAudit } from './recorded-audit.ts';
import { serveReflection } from './reflection-service.ts';
import { replayService } from './replay-service.ts';
import { callerOf } from './role.ts';
import { RpcCalls } from './rpc-calls.ts';
import { rpcFault } from './rpc-fault.ts';
import { tapService } from './tap-service.ts';
import { vaultService } from './vault-service.ts';

export interface ControlDoorOptions {
  readonly config: Pick<ControlConfig, 'roles' | 'tls'>;
  readonly metrics: Config['telemetry']['metrics'];
  readonly material: PemMaterial;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined while the engine starts. */
  view(): EngineView | undefined;
  /** Undefined while the engine starts. */
  history(): History | undefined;
  certificates(): readonly CertificateExpiry[];
}

export class ControlDoor {
  readonly #options: ControlDoorOptions;
  readonly #listener: SecureListener;
  readonly #http: ControlHttp;
  readonly #stopping = new AbortController();
  #withoutRoleCount = 0;

  constructor(options: ControlDoorOptions) {
    const { metrics, clock, log, view, certificates } = options;
    this.#options = options;
    const audit = new RecordedAudit(clock, log);
    const parts = { view, clock, audit };
    const calls = new RpcCalls({
      ...{ audit, log, stopping: this.#stopping.signal },
      serve: (router) => {
        router.service(ControlService, controlService(parts));
        router.service(HistoryService, historyService(options));
        router.service(CallerService, callerService());
        router.service(TapService, tapService(parts));
        router.service(VaultService, vaultService(parts));
        router.service(ReplayService, replayService(parts));
        router.service(DrainService, drainService(parts));
        router.service(DeadLetterService, letterService(parts));
        router.service(Health, healthService(parts));
        // The last, since it tells of those before.
        serveReflection(router);
      },
    });
    const answers = new ControlAnswers({ ...parts, calls, metrics, log, certificates });
    this.#http = new ControlHttp(clock, (request, response, caller) =>
      answers.answer(request, response, caller),
    );
    this.#listener = this.#createListener();
  }

  /** A connection that nothing was read of. */
  take(socket: Socket): void {
    this.#listener.take(socket);
  }

  /** For connections that come from now on. */
  setMaterial(material: PemMaterial): void {
    this.#listener.setSecureContext(listenerContext(material));
  }

  /** Resolves when all connections have ended, within a moment. */
  async close(): Promise<void> {
    this.#stopping.abort(rpcFault('DRAINING', 'the engine has stopped'));
    this.#listener.close();
    this.#http.closeGracefully();
    const timer = this.#options.clock.after(lastWordsMsMax, () => this.#listener.destroyAll());
    await this.#listener.ended();
    timer.cancel();
  }

  #createListener(): SecureListener {
    const { clock, log, material } = this.#options;
    return new SecureListener({
      tls: listenerOptions(material, ['h2', 'http/1.1']),
      gate: new ConnectionGate({
        placesMax: controlConnectionsMax,
        handshakesMax: controlConnectionsMax,
        slowHandshakesMax: controlConnectionsMax,
        parkedMax: controlConnectionsParkedMax,
      }),
      clock,
      // Requests are small.
      wideSocketsMax: 0,
      events: {
        tlsFailed: (reason, peer) =>
          log.warn('TLS_PEER', 'TLS handshake failed on the control port', { reason, peer }),
        handshakeTimeout: () => {},
        parked: () => {},
        refused: (peer) =>
          log.warn('CONTROL_BUSY', 'control connection closed: too many wait for a place', {
            peer,
          }),
      },
      secured: (socket, remoteAddress) => this.#secured(socket, remoteAddress),
    });
  }

  #secured(socket: TLSSocket, remoteAddress: string): void {
    const caller = callerOf(peerIdentity(socket), this.#options.config.roles);
    if (caller.role === 'none' && !this.#placeWithoutRole(socket)) {
      const fields = { peer: remoteAddress, by: caller.subject };
      this.#options.log.warn('CONTROL_BUSY', 'too many control connections without a role', fields);
      socket.destroy();
      return;
    }
    this.#http.serve(socket, caller);
  }

  /** Every producer has a certificate that this port accepts. */
  #placeWithoutRole(socket: TLSSocket): boolean {
    if (this.#withoutRoleCount >= controlConnectionsWithoutRoleMax) return false;
    this.#withoutRoleCount += 1;
    socket.once('close', () => {
      this.#withoutRoleCount -= 1;
    });
    return true;
  }
}

/** For the last messages of watches, and answers that are under way. */
const lastWordsMsMax = 250;
