// What the addresses of our listeners must not be: each other's, and those that an exporter sends
// to.

import { destinationAddress } from './build-exporters.ts';
import type { Config, ExporterConfig } from './config.ts';
import { isLoopback, isWildcard } from './endpoint.ts';
import type { Path } from './located-tree.ts';

type Problem = (path: Path, text: string) => void;

interface Listener {
  /** Of its section. */
  readonly path: Path;
  readonly host: string;
  readonly port: number;
}

/** Port 0 is another one for each. */
export function checkPorts(
  { grpc, http }: Config['receivers'],
  control: { readonly host: string; readonly port: number },
  problem: Problem,
): void {
  const at = (path: Path, listener: { host: string; port: number } | undefined): Listener[] =>
    listener === undefined ? [] : [{ path, host: listener.host, port: listener.port }];
  const listeners = [
    ...at(['receivers', 'otlp', 'protocols', 'grpc'], grpc),
    ...at(['receivers', 'otlp', 'protocols', 'http'], http),
    ...at(['control'], control),
  ];
  for (const [index, later] of listeners.entries()) {
    const other = listeners
      .slice(0, index)
      .find(({ host, port }) => port === later.port && port !== 0 && overlap(host, later.host));
    if (other === undefined) continue;
    const text = `port ${later.port} is that of ${other.path.join('.')}: each needs its own`;
    problem([...later.path, 'endpoint'], text);
  }
}

/** An exporter that sends to our own listener would send every batch for ever. */
export function checkLoops(
  exporters: readonly ExporterConfig[],
  receivers: Config['receivers'],
  problem: Problem,
): void {
  for (const exporter of exporters) {
    const target = destinationAddress(exporter);
    if (target === undefined) continue;
    const { port, host, loopback } = target;
    const isOurs = [receivers.grpc, receivers.http].some(
      (listener) =>
        listener?.port === port &&
        (listener.host === host ||
          (loopback && (isLoopback(listener.host) || isWildcard(listener.host)))),
    );
    if (isOurs) problem(['exporters', exporter.id], 'sends to our own receiver, a loop');
  }
}

/** A wildcard of one family may hold the other's addresses too (`::` does on Linux). */
function overlap(one: string, other: string): boolean {
  return (
    one.toLowerCase() === other.toLowerCase() ||
    isWildcard(one) ||
    isWildcard(other) ||
    (isLoopback(one) && isLoopback(other))
  );
}
