// Mutants of the write path: durable before it is acknowledged, poison, room, spares and the limit.

import type { Mutant } from './mutant.ts';

const syncs: readonly Mutant[] = [
  {
    file: 'vault/segment-writer.ts',
    original:
      '    const synced = this.#sync();\n    if (synced !== IoFault.None) return synced;\n    this.#parts.counts',
    replacement: '    this.#parts.counts',
    breaks: 'a group is flushed before it is acknowledged',
    tests: ['src/vault/log-writer.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original: '    if (synced !== IoFault.None) return synced;\n    this.#parts.counts',
    replacement: '    this.#parts.counts',
    breaks: 'a group whose flush failed is not acknowledged',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original:
      '    const written = this.#write(fileBytes, stagedBytes);\n    if (written !== IoFault.None) return written;\n',
    replacement: '    this.#write(fileBytes, stagedBytes);\n',
    breaks: 'a group whose write failed is not acknowledged',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original: '    const written = this.#write(fileBytes, stagedBytes);\n    if (written',
    replacement:
      '    position.becameDurable(this.segmentId, this.#block.headerHash);\n    const written = this.#write(fileBytes, stagedBytes);\n    if (written',
    breaks: 'the durable end moves after the flush, and not before',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/direct-file.ts',
    original: 'return count === lengthBytes ? IoFault.None : IoFault.Short;',
    replacement: 'return count >= 0 ? IoFault.None : IoFault.Short;',
    breaks: 'a short write is a failure',
    tests: ['test/vault/short-write.test.ts'],
  },
  {
    file: 'vault/segment-chain.ts',
    original: '    const synced = folder.sync();\n',
    replacement: '    const synced = IoFault.None as IoFault;\n',
    breaks: 'the name of a segment is durable before anything in it is acknowledged',
    tests: ['src/vault/log-writer.test.ts'],
  },
  {
    file: 'vault/spare-file.ts',
    original: '    const synced = this.#file.fdatasync();\n',
    replacement: '    const synced = IoFault.None as IoFault;\n',
    breaks: 'the zeros of a spare are durable before it has its name',
    tests: ['src/vault/spares.test.ts'],
  },
  {
    file: 'vault/spare-file.ts',
    original: 'return renamed === IoFault.None ? this.#parts.folder.sync() : renamed;',
    replacement: 'return renamed;',
    breaks: 'the name of a spare is durable',
    tests: ['src/vault/spares.test.ts'],
  },
  {
    file: 'vault/vault-folders.ts',
    original: '    const fault = directory.fsyncDirectory(parent);\n',
    replacement: '    const fault = IoFault.None as IoFault;\n',
    breaks: 'folders are durable before anything in them is relied on',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original: 'return fault === IoFault.None ? this.#sync() : fault;',
    replacement: 'return fault;',
    breaks: 'bytes that were cut off are given back only when they are gone for good',
    tests: ['src/vault/log-writer.test.ts'],
  },
];

const poison: readonly Mutant[] = [
  {
    file: 'vault/log-writer.ts',
    original: '        this.#chain.poison();\n',
    replacement: '',
    breaks: 'a file that failed is never written again',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/segment-chain.ts',
    original:
      '    if (fault !== IoFault.None) {\n      this.poison();\n      return fault;\n    }\n',
    replacement: '    if (fault !== IoFault.None) return fault;\n',
    breaks: 'a file whose seal failed is never written again',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original: '    if (isRewritten) block.flags |= BlockFlag.Rewritten;\n',
    replacement: '',
    breaks: 'a group that was written again says so',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/log-writer.ts',
    original: 'if (!isRewritten) firstEntrySeq = this.#position.takeEntrySeqs(group.entryCount);',
    replacement: 'firstEntrySeq = this.#position.takeEntrySeqs(group.entryCount);',
    breaks: 'a group that is written again keeps its numbers',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/log-writer.ts',
    original: '    this.#chain.close(); // what comes after a probe goes into a fresh segment\n',
    replacement: '',
    breaks: 'behind a second failure nothing goes into the same file',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/cursor-file.ts',
    original: '      this.#lastFault = fault;\n    }\n    const fault = this.#replace(slot);',
    replacement:
      '      this.#lastFault = fault;\n      return fault;\n    }\n    const fault = this.#replace(slot);',
    breaks: 'a cursor file that failed is never written again, but replaced',
    tests: ['src/vault/cursor-file.test.ts'],
  },
];

const room: readonly Mutant[] = [
  {
    file: 'vault/segment-room.ts',
    original:
      'const tailBytes = markSizeBytes + footerBlockSizeBytes(blocksThen) + trailerSizeBytes;',
    replacement: 'const tailBytes = footerBlockSizeBytes(blocksThen) + trailerSizeBytes;',
    breaks: 'a MARK never needs new space',
    tests: ['src/vault/segment-room.test.ts'],
  },
  {
    file: 'vault/log-writer.ts',
    original: 'const result = this.#append(group, !this.#parts.keepsReserve);',
    replacement: 'const result = this.#append(group, true);',
    breaks: 'entries never take the reserve',
    tests: ['src/vault/log-writer-failures.test.ts'],
  },
  {
    file: 'vault/log-writer.ts',
    original: 'const result = this.#append(this.#markGroup, true);',
    replacement: 'const result = this.#append(this.#markGroup, false);',
    breaks: 'a MARK may take the reserve',
    tests: ['src/vault/log-writer-marks.test.ts'],
  },
  {
    file: 'vault/log-writer.ts',
    original:
      'const result = this.#append(group, true);\n    if (result === VaultAnswer.Acked) this.counts.losses += 1;',
    replacement:
      'const result = this.#append(group, false);\n    if (result === VaultAnswer.Acked) this.counts.losses += 1;',
    breaks: 'a LOSS may take the reserve, so that a full vault can drop',
    tests: ['src/vault/log-writer-marks.test.ts'],
  },
  {
    file: 'vault/spares.ts',
    original: 'const sparePaths = [reserveSparePath, nextSparePath] as const;',
    replacement: 'const sparePaths = [nextSparePath, reserveSparePath] as const;',
    breaks: 'the reserve is filled first',
    tests: ['src/vault/spares.test.ts'],
  },
  {
    file: 'vault/space.ts',
    original: '    if (this.#usedBytes + sizeBytes > this.limitBytes) return false;\n',
    replacement: '',
    breaks: 'the limit is hard',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/space.ts',
    original: 'return availableBytes - sizeBytes >= minFreeBytes;',
    replacement: 'return true;',
    breaks: 'min_free is left to others',
    tests: ['src/vault/spares.test.ts'],
  },
  {
    file: 'vault/segment-folder.ts',
    original: '    this.unlinked(countedBytes);\n    return IoFault.None;',
    replacement:
      '    this.#changed = true;\n    this.space.release(countedBytes);\n    return IoFault.None;',
    breaks: 'bytes of a file are given back only when it is gone for good',
    tests: ['src/vault/segment-list.test.ts'],
  },
  {
    file: 'vault/quarantine.ts',
    original: 'while (this.sizeBytes + sizeBytes > sizeBytesMax || !quota.reserve(sizeBytes)) {',
    replacement: 'while (!quota.reserve(sizeBytes)) {',
    breaks: 'quarantine has a cap',
    tests: ['src/vault/quarantine.test.ts'],
  },
];

export const writingMutants: readonly Mutant[] = [...syncs, ...poison, ...room];
