// Mutants of what is checked when something is read: hashes, identity, place, order, lengths,
// pieces.

import type { Mutant } from './mutant.ts';

const hashes: readonly Mutant[] = [
  {
    file: 'vault/block-header.ts',
    original:
      '  if (!header.headerHash.equalsAt(view, offsetBytes + hashedSizeBytes)) return ReadStatus.Damaged;\n',
    replacement: '',
    breaks: 'the hash of a block header is checked',
    tests: ['test/vault/recovery-versions.test.ts'],
  },
  {
    file: 'vault/block-body.ts',
    original: '    if (!this.#found.equals(header.storedHash)) return ReadStatus.Damaged;\n',
    replacement: '',
    breaks: 'the hash of the stored bytes is checked',
    tests: ['src/vault/block-body.test.ts'],
  },
  {
    file: 'vault/footer-read.ts',
    original: '!this.#header.storedHash.equalsAt(window.area.view, state + xxh64StateSizeBytes)',
    replacement: 'false',
    breaks: 'the hash of a footer is checked',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/entry-cursor.ts',
    original: 'return this.#found.equals(bodyHash);',
    replacement: 'return true;',
    breaks: 'the hash of a body is checked before it is exported',
    tests: ['src/replayer/replayer-settling.test.ts'],
  },
  {
    file: 'vault/meta-slot.ts',
    original:
      '  if (!meta.hash.equalsAt(view, offsetBytes + hashOffsetBytes)) return ReadStatus.Damaged;\n',
    replacement: '',
    breaks: 'the hash of a META slot is checked',
    tests: ['src/vault/meta-file.test.ts'],
  },
  {
    file: 'vault/cursor-slot.ts',
    original:
      '  if (!cursor.hash.equalsAt(view, offsetBytes + hashOffsetBytes)) return ReadStatus.Damaged;\n',
    replacement: '',
    breaks: 'the hash of a cursor slot is checked',
    tests: ['src/vault/cursor-start.test.ts'],
  },
  {
    file: 'vault/segment-header.ts',
    original:
      '  if (!header.hash.equalsAt(view, offsetBytes + hashOffsetBytes)) return ReadStatus.Damaged;\n',
    replacement: '',
    breaks: 'the hash of a segment header is checked',
    tests: ['src/vault/offline-segment.test.ts'],
  },
  {
    file: 'vault/block-body.ts',
    original: 'return checkPadding(area, offsetBytes, bodyBytes + storedSizeBytes);',
    replacement: 'return ReadStatus.Ok;',
    breaks: 'padding is verified',
    tests: ['src/vault/block-body.test.ts'],
  },
  {
    file: 'vault/padding.ts',
    original: '  area.bytes.fill(0, endBytes + frameHeadSizeBytes, endBytes + sizeBytes);\n',
    replacement: '',
    breaks: 'padding is zeros, whatever stood in the buffer before',
    tests: ['src/vault/block-body.test.ts'],
  },
];

const identity: readonly Mutant[] = [
  {
    file: 'vault/block-probe.ts',
    original: 'view.getUint32(bufferBytes + 16, true) === identity.vaultTag &&',
    replacement: '',
    breaks: 'a block of another vault is none of ours',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'view.getUint32(bufferBytes + 24, true) === segmentId % 2 ** 32 &&',
    replacement: '',
    breaks: 'a block of another segment is none of this one',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'view.getUint32(bufferBytes + 28, true) === Math.floor(segmentId / 2 ** 32) &&',
    replacement: '',
    breaks: 'segment numbers are told apart in all their bits',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'view.getUint32(bufferBytes + 32, true) === identity.epoch &&',
    replacement: '',
    breaks: 'a block of another life is none of this file',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'identity.salt.equalsAt(view, bufferBytes + 40)',
    replacement: 'true',
    breaks: 'a block of an earlier file of the same number is none of this one',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'return ownUnits * unitSizeBytes === fileBytes ? status : ReadStatus.Misplaced;',
    replacement: 'return ownUnits >= 0 ? status : ReadStatus.Misplaced;',
    breaks: 'a misdirected block is not read',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'if (!isChained(header) || header.blockSeq !== blockSeq) return false;',
    replacement: 'if (!isChained(header)) return false;',
    breaks: 'blocks follow each other by number',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: 'return chain === undefined || header.prevChain.equals(chain);',
    replacement: 'return true;',
    breaks: 'blocks follow each other by chain',
    tests: ['test/vault/recovery.test.ts'],
  },
];

const lengths: readonly Mutant[] = [
  {
    file: 'vault/block-rules.ts',
    original:
      'block.groupBlocks <= entryBlocksMax &&\n    block.storedSizeBytes <= storedSizeBytesMax\n',
    replacement: 'block.groupBlocks <= entryBlocksMax\n',
    breaks: 'a stored length above every limit is refused before it is used',
    tests: ['src/vault/block-header.test.ts'],
  },
  {
    file: 'vault/block-rules.ts',
    original: '  if (block.rawSizeBytes > blockRawSizeBytesMax) return ReadStatus.BeyondLimit;\n',
    replacement: '',
    breaks: 'a raw length above its limit is refused before anything is decompressed',
    tests: ['src/vault/block-header.test.ts'],
  },
  {
    file: 'vault/block-rules.ts',
    original:
      '  if (block.storedSizeBytes > frameSizeBytesMax(block.rawSizeBytes)) return ReadStatus.BeyondLimit;\n',
    replacement: '',
    breaks: 'a frame longer than its content can make it is refused',
    tests: ['src/vault/block-header.test.ts'],
  },
  {
    file: 'vault/block-probe.ts',
    original: '    if (endBytes > bufferEndBytes) return ReadStatus.Truncated;\n',
    replacement: '',
    breaks: 'no byte behind the window is taken for the block',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/block-walk.ts',
    original:
      '    if (at + sizeBytes > limitBytes) return this.#missing(ReadStatus.Inconsistent);\n',
    replacement: '',
    breaks: 'a block that reaches over the durable end is not read',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/cursor-slot.ts',
    original: '  if (cursor.rangeCount > cursorRangesMax) return ReadStatus.BeyondLimit;\n',
    replacement: '',
    breaks: 'more ranges than a slot holds are refused before they are read',
    tests: ['src/vault/cursor-slot.test.ts'],
  },
  {
    file: 'vault/entry-rules.ts',
    original: '  if (entry.bodySizeBytes > bodySizeBytesMax) return ReadStatus.BeyondLimit;\n',
    replacement: '',
    breaks: 'a body longer than any entry is refused',
    tests: ['src/vault/entry-header.test.ts'],
  },
  {
    file: 'vault/entry-header.ts',
    original: '  if (entryEndBytes > endBytes) return ReadStatus.Truncated;\n',
    replacement: '',
    breaks: 'an entry ends inside of its block',
    tests: ['src/vault/codec.test.ts'],
  },
];

const pieces: readonly Mutant[] = [
  {
    file: 'vault/entry-rules.ts',
    original: 'entry.pieceOffsetBytes % pieceSizeBytesMax === 0 &&',
    replacement: '',
    breaks: 'an entry is cut at multiples of the piece size',
    tests: ['src/vault/entry-header.test.ts'],
  },
  {
    file: 'vault/block-rules.ts',
    original:
      '  if (more && block.rawSizeBytes !== blockRawSizeBytesMax) return ReadStatus.Inconsistent;\n',
    replacement: '',
    breaks: 'a piece that is not the last fills its block',
    tests: ['src/vault/block-header.test.ts'],
  },
  {
    file: 'vault/block-rules.ts',
    original: '  if (continued && block.groupIndex === 0) return ReadStatus.Inconsistent;\n',
    replacement: '',
    breaks: 'all pieces of an entry are in one group',
    tests: ['src/vault/block-header.test.ts'],
  },
  {
    file: 'vault/cut-entry.ts',
    original: 'piece.pieceOffsetBytes === pieceOffsetBytes &&',
    replacement: '',
    breaks: 'a piece stands where it was cut out',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/cut-entry.ts',
    original: '&&\n      piece.bodyHash.equals(first.bodyHash);',
    replacement: ';',
    breaks: 'all pieces are of the same body',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/tail-walk.ts',
    original: '    if (!this.#isOpen) return;\n',
    replacement: '    return;\n',
    breaks: 'a log does not end inside of a cut entry',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/loss-count.ts',
    original: 'header.firstEntrySeq + (isContinued ? 1 : 0);',
    replacement: 'header.firstEntrySeq + (isContinued ? 0 : 0);',
    breaks: 'a lost piece loses its entry, and the count says so',
    tests: ['src/vault/log-reader-loss.test.ts'],
  },
];

export const checksMutants: readonly Mutant[] = [...hashes, ...identity, ...lengths, ...pieces];
