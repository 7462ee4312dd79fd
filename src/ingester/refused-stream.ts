// What is left of a request that was answered by its headers: the transport discards the rest.

import type { StreamHandler } from '../http2/server-stream.ts';

export const refusedStream: StreamHandler = { data() {}, end() {}, closed() {} };
