// The header blocks of one connection. Producers send the same few fields with every request, as
// the same bytes once the table knows them: such a block is compared, not decoded, and its requests
// share one head.

import { DecodeStatus, type FieldSink, HpackDecoder } from './hpack-decoder.ts';
import { RequestHead } from './request-head.ts';

export class HeadDecoder {
  readonly #decoder = new HpackDecoder();
  #head = noHead;
  /** The block that #head was read from; as long as the table is what it was, it means the same. */
  #block: Uint8Array = noBlock;
  #tableVersion = 0;

  /** What the readHead() before has read, if it was Ok; nobody changes it any more. */
  takeHead(): RequestHead {
    const head = this.#head;
    if (this.#block === noBlock) this.#head = noHead; // nobody shall keep a long one here
    return head;
  }

  readHead(bytes: Uint8Array, fromBytes: number, toBytes: number): DecodeStatus {
    if (this.#isLastBlock(bytes, fromBytes, toBytes)) return DecodeStatus.Ok;
    const before = this.#decoder.tableVersion;
    this.#block = noBlock;
    this.#head = new RequestHead();
    const status = this.#decoder.decode(bytes, fromBytes, toBytes, this.#head);
    this.#tableVersion = this.#decoder.tableVersion;
    const isKept = this.#tableVersion === before && toBytes - fromBytes <= keptBlockSizeBytesMax;
    if (isKept) this.#block = new Uint8Array(bytes.subarray(fromBytes, toBytes)); // a copy
    return status;
  }

  /** For blocks that open no stream. */
  read(bytes: Uint8Array, fromBytes: number, toBytes: number, sink: FieldSink): DecodeStatus {
    return this.#decoder.decode(bytes, fromBytes, toBytes, sink);
  }

  #isLastBlock(bytes: Uint8Array, fromBytes: number, toBytes: number): boolean {
    const block = this.#block;
    const lengthBytes = toBytes - fromBytes;
    if (lengthBytes !== block.length || lengthBytes === 0) return false;
    if (this.#tableVersion !== this.#decoder.tableVersion) return false;
    for (let at = 0; at < lengthBytes; at += 1) {
      if (bytes[fromBytes + at] !== block[at]) return false;
    }
    return true;
  }
}

const noBlock = new Uint8Array(0);
const noHead = new RequestHead();

// A dozen references are a dozen bytes; a block with long literals differs from the one before.
const keptBlockSizeBytesMax = 128;
