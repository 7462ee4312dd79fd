// What the engine sees of a call once it has accepted it (ingest-call.ts); until then none of it
// means anything.

import { WatchedCall } from './call-watch.ts';
import type { Encoding } from './expected-size.ts';
import type { BodyType } from './ingest-call.ts';

export abstract class AcceptedCall extends WatchedCall {
  slab = 0;
  bodyOffsetBytes = 0;
  bodyLengthBytes = 0;
  type: BodyType = 'protobuf';
  encoding: Encoding | undefined = undefined;
  wholeMs: number | undefined = undefined;
  onGone: (() => void) | undefined = undefined;
}
