// node:http, but not by `import`: that reads every export, and one of them (WebSocket) loads
// undici, 5 MiB in each thread and 20 ms of the start (Node 26). The whole engine takes it from
// here.

import { createRequire } from 'node:module';

// What a require() gives has no type of its own.
export const http = createRequire(import.meta.url)('node:http') as typeof import('node:http');
