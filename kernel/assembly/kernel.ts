// What the module exports. Every function gets addresses and lengths, touches no other byte, keeps
// nothing in memory between calls and never traps on any input.

export { compressLz4Block } from './lz4-block';
export { decodeLz4Block } from './lz4-decode';
export { compressLz4Frame } from './lz4-frame';
export { decompressLz4Frame } from './lz4-frame-reader';
export { countRecords } from './otlp-count';
export { scan } from './otlp-scan';
export { spliceResource, spliceResources } from './otlp-splice';
export { xxh32 } from './xxhash32';
export { isXxh64, xxh64, xxh64Begin, xxh64End, xxh64Update } from './xxhash64';
