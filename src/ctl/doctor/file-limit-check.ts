// May a process open as many files as the engine needs? Node raises its soft limit to the hard one
// at its start, so that is what counts. It is that of this shell; a service has its own.

import type { ReadHostFile } from '../../monitor/host-files.ts';
import { countText } from '../quantity-text.ts';
import { type Finding, failure, fine, warning } from './finding.ts';

/** Undefined: no limit, or it is hidden. */
export function probeFileLimit(readFile: ReadHostFile): number | undefined {
  const limits = readFile('/proc/self/limits') ?? '';
  const hard = /^Max open files +\S+ +(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? undefined : Number(hard);
}

/** @param connectionsMax memory.max_connections; undefined: no configuration */
export function fileLimitVerdict(
  fileLimit: number | undefined,
  connectionsMax: number | undefined,
): Finding {
  if (fileLimit === undefined) return fine('file_limit', 'no limit is known');
  const neededCount = 2 * (connectionsMax ?? connectionsUnknown) + othersCount;
  const found = `${countText(fileLimit)} open files, about ${countText(neededCount)} are needed`;
  if (fileLimit >= neededCount) return fine('file_limit', found);
  const hint = 'raise it (LimitNOFILE of the service, ulimit -n), or lower memory.max_connections';
  if (fileLimit < neededCount / 2) return failure('file_limit', found, hint);
  return warning('file_limit', found, hint);
}

/** As many may be parked as are served. */
const connectionsUnknown = 400;
/** Segments, cursors, destinations, the control port, files of Node. */
const othersCount = 512;
