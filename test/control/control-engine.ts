// An engine whose control port tests may attack: with roles, in front of a sink that takes what
// producers send.

import { join } from 'node:path';
import { clientTls, engineConfig, listenerTls } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineOptions, type EngineProcess, startEngine } from '../support/engine-process.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { controlRoles } from './control-certificates.ts';

export interface ControlEngine {
  readonly engine: EngineProcess;
  /** Of the control port. */
  readonly port: number;
  readonly sink: OtlpSink;
  /** What the control port uses; the receiver has files of its own. */
  readonly files: CertificateFiles;
  /** For files of the test; gone after close(). */
  readonly directory: string;
  /** The engine must end with 0 and a ledger that adds up. */
  close(): Promise<void>;
  /** Ends everything, in whatever state it is; after close() there is nothing to do. */
  kill(): Promise<void>;
}

export interface ControlEngineOptions {
  /** Further keys of `control`. */
  readonly control?: object;
  /** Further sections of the configuration. */
  readonly sections?: object;
  /** Further keys of the exporter. */
  readonly exporter?: object;
  readonly args?: EngineOptions['args'];
}

export async function startControlEngine(
  options: ControlEngineOptions = {},
): Promise<ControlEngine> {
  const directory = temporaryDirectory('control');
  const receiverFiles = await writeTo(join(directory.path, 'receiver'));
  const files = await writeTo(join(directory.path, 'control'));
  const sink = await startSink({ clientCertificate: true });
  let isReleased = false;
  const release = async () => {
    if (isReleased) return;
    isReleased = true;
    await sink.close();
    directory.remove();
  };
  const exporter = {
    endpoint: `localhost:${sink.port}`,
    tls: clientTls(receiverFiles),
    compression: 'none',
    ...options.exporter,
  };
  const config = {
    ...engineConfig(receiverFiles, { otlp_grpc: exporter }),
    control: { tls: listenerTls(files), roles: controlRoles, ...options.control },
    ...options.sections,
  };
  try {
    const engine = await startEngine({ config, args: options.args ?? [] });
    const close = async () => {
      try {
        const code = await engine.stop();
        if (code !== 0) throw new Error(`the engine ended with ${code}`);
      } finally {
        await release();
      }
    };
    const kill = async () => {
      await engine.kill();
      await release();
    };
    const { controlPort: port } = engine;
    return { engine, port, sink, files, directory: directory.path, close, kill };
  } catch (error) {
    await release();
    throw error;
  }
}
