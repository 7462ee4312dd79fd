// The tap of the control port: a sample of the records that come in. What it takes to make one is
// loaded for the first that looks.

import type { ServiceImpl } from '@connectrpc/connect';
import type {
  TapRequest,
  TapResponse,
  TapService,
} from '../generated/gophership/control/v1/tap_pb.js';
import { tapMatchesMax, tapStreamsMax } from '../limits.ts';
import { Zone } from '../memory/zone-word.ts';
import type { ServiceParts } from './control-service.ts';
import type { EngineView } from './engine-view.ts';
import { rpcFault } from './rpc-fault.ts';
import type { OpenTap, TapFeed } from './tap-feed.ts';
import { WatchStreams } from './watch-streams.ts';

export function tapService({
  view,
  clock,
}: Pick<ServiceParts, 'view' | 'clock'>): ServiceImpl<typeof TapService> {
  const streams = new WatchStreams(tapStreamsMax);
  /** An engine has one view as long as it lives. */
  let feed: TapFeed | undefined;
  return {
    async *tap(request, { signal }) {
      const engine = view();
      if (engine === undefined) throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
      check(request);
      checkZone(engine);
      const { TapFeed } = await import('./tap-feed.ts');
      feed ??= new TapFeed({ view: engine, clock, streams });
      yield* untilLimit(feed.open(request.matches, signal), request.limit);
    },
  };
}

function check({ matches }: TapRequest): void {
  if (matches.length > tapMatchesMax) {
    throw rpcFault('CONTROL_INVALID', `at most ${tapMatchesMax} matches, not ${matches.length}`);
  }
  if (matches.some(({ key }) => key === '')) {
    throw rpcFault('CONTROL_INVALID', 'a match needs a key');
  }
}

function checkZone({ zonePage }: EngineView): void {
  if (zonePage.zone.get() !== Zone.Red) return;
  throw rpcFault(
    'CONTROL_TAP_PAUSED',
    'the zone is Red, and nothing is looked at until it is left',
  );
}

/** @param limit records after which it ends with a last progress; 0: never */
async function* untilLimit(
  { stream, progress }: OpenTap,
  limit: number,
): AsyncGenerator<TapResponse> {
  let count = 0;
  for await (const message of stream) {
    yield message;
    if (message.event.case !== 'record') continue;
    count += 1;
    if (count < limit || limit === 0) continue;
    yield progress();
    return;
  }
}
