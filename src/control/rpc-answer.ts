// Writes the answer of Connect's router into Node's response, one piece after the other: the next
// message is asked for when the one before has left. Connect's own adapter waits for 16 KiB to be
// full, which would be some eight snapshots that nobody wants any more.

import type { ConnectRouter } from '@connectrpc/connect';
import type { ControlResponse } from './http-exchange.ts';

export type RpcAnswer = Awaited<ReturnType<ConnectRouter['handlers'][number]>>;

/** Rejects when the caller has gone; what makes the messages has been told to stop then. */
export async function sendAnswer(answer: RpcAnswer, response: ControlResponse): Promise<void> {
  const pieces = answer.body?.[Symbol.asyncIterator]();
  try {
    // Handlers may change headers until the first message, and trailers until the last.
    let piece = await pieces?.next();
    response.writeHead(answer.status, plain(answer.header));
    while (piece !== undefined && piece.done !== true) {
      await written(response, piece.value);
      piece = await pieces?.next();
    }
    if (answer.trailer !== undefined) response.addTrailers(trailersOf(answer.trailer));
    response.end();
  } catch (error) {
    // Nobody waits for the rest: this ends a watch. What it says about that is of no use here.
    pieces?.return?.().catch(() => {});
    throw error;
  }
}

function written(response: ControlResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the caller has gone'));
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * gRPC encodes what cannot be printed, and %. Connect encodes more than that, and not every client
 * decodes what need not be there.
 */
function trailersOf(trailer: Headers): Record<string, string> {
  const trailers = plain(trailer);
  const message = trailers['grpc-message'];
  if (message === undefined) return trailers;
  const text = decodeURIComponent(message).replace(/[^ -$&-~]/gu, encodeURIComponent);
  return { ...trailers, 'grpc-message': text };
}

function plain(headers: Headers | undefined): Record<string, string> {
  return Object.fromEntries(headers?.entries() ?? []);
}
