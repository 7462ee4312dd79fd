// What the module exports. Every function gets addresses and lengths, touches no other byte, keeps
// nothing in memory between calls and never traps on any input.

export { scan } from './otlp-scan';
export { spliceResource, spliceResources } from './otlp-splice';
