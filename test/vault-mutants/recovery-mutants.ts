// Mutants of recovery: what it learns from, the numbers that are never given again, what is void,
// and the order in which it writes.

import type { Mutant } from './mutant.ts';

const durable: readonly Mutant[] = [
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addDurable(meta.durableSeq, meta.durableEntryEnd);\n',
    replacement: '',
    breaks: 'META says how far the log was durable',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addDurable(cursor.durableSeq, cursor.durableEntryEnd);\n',
    replacement: '',
    breaks: 'a cursor says how far the log was durable',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addDurable(origin.prevLastBlock, origin.prevEntryEnd);\n',
    replacement: '',
    breaks: 'the header of the newest segment says how far the log was durable',
    tests: ['test/vault/recovery.test.ts'],
    isEquivalent:
      'its first block repeats it, and without a valid block the file is torn whatever is durable',
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addDurable(header.durableSeq, durableEntryEndOf(header));\n',
    replacement: '',
    breaks: 'a block or MARK says how far the log was durable',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original: '    block.durableSeq = position.durableSeq;\n',
    replacement: '    block.durableSeq = 0;\n',
    breaks: 'a block says how far the log was durable when it was built',
    tests: ['src/vault/log-writer.test.ts'],
  },
  {
    file: 'vault/segment-writer.ts',
    original: 'block.sinceDurable = block.firstEntrySeq - position.durableEntryEnd;',
    replacement: 'block.sinceDurable = 0;',
    breaks: 'losses next to a torn group are counted exactly',
    tests: ['src/vault/log-writer.test.ts'],
  },
  {
    file: 'vault/tail-search.ts',
    original: 'this.isSynced = file.fdatasync() === IoFault.None;',
    replacement: 'this.isSynced = true;',
    breaks: 'what a dead process left in the cache does not decide',
    tests: ['test/vault/recovery-files.test.ts'],
  },
];

const floors: readonly Mutant[] = [
  {
    file: 'vault/log-evidence.ts',
    original: '    this.addSegmentId(meta.nextSegmentId - 1);\n',
    replacement: '',
    breaks: 'no segment number is given twice, as META says',
    tests: ['test/vault/recovery-files.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addNumbers(meta.nextBlockSeq, meta.nextEntrySeq);\n',
    replacement: '',
    breaks: 'no block or entry number is given twice, as META says',
    tests: ['test/vault/recovery-files.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addNumbers(1, Math.max(cursor.watermark, cursor.rangesEnd));\n',
    replacement: '',
    breaks: 'no entry number is given twice, as a cursor says',
    tests: ['test/vault/recovery-files.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.addSegmentId(origin.segmentId);\n',
    replacement: '',
    breaks: 'no segment number is given twice, as a header says',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original: '    this.#addNumbers(origin.firstBlockSeq + 1, origin.firstEntrySeq + 1);\n',
    replacement: '',
    breaks: 'no number of a group is given twice of which only the segment header is left',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/log-evidence.ts',
    original:
      '    this.#addNumbers(header.blockSeq + 1, isCut ? header.firstEntrySeq + 1 : entryEndOf(header));\n',
    replacement: '',
    breaks: 'no number of a torn block is given twice',
    tests: ['test/vault/small-scope.test.ts'],
  },
  {
    file: 'vault/recovery.ts',
    original: 'origin.epoch = evidence.epoch + 1;',
    replacement: 'origin.epoch = Math.max(evidence.epoch, 1);',
    breaks: 'each life has an epoch of its own',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/segment-list.ts',
    original: '      if (this.count === 1 && !this.hasNewer && !makeFloorsDurable()) break;\n',
    replacement: '',
    breaks: 'floors are durable before the segment of the highest numbers goes',
    tests: ['src/vault/segment-list.test.ts'],
  },
];

const voids: readonly Mutant[] = [
  {
    file: 'vault/log-source.ts',
    original:
      '      blockSeq = segment.prevLastBlock; // below its first block, so the next one ends further back\n',
    replacement: '      blockSeq = segment.firstBlockSeq - 1;\n',
    breaks: 'what a file holds behind the end that its successor names is void',
    tests: ['src/vault/log-reader.test.ts'],
  },
  {
    file: 'vault/log-source.ts',
    original: 'if (segment.firstBlockSeq > blockSeq) {',
    replacement: 'if (segment.firstBlockSeq > blockSeq + 1e9) {',
    breaks: 'a file of which nothing counts is void as a whole',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/tail-walk.ts',
    original: ' || header.blockSeq > durableSeq + 1) continue;',
    replacement: ') continue;',
    breaks: 'behind damage the log goes on only with what is known to be durable',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/tail-walk.ts',
    original: 'if (this.#nextBlockSeq <= evidence.durableSeq) {',
    replacement: 'if (this.#nextBlockSeq < 0) {',
    breaks: 'a durable tail that is lost is no torn one',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/tail-walk.ts',
    original: 'if (this.isSealed || this.#nextBlockSeq > durableSeq) break;',
    replacement: 'if (this.isSealed) break;',
    breaks: 'a torn group is no damage',
    tests: ['test/vault/recovery.test.ts'],
    isEquivalent:
      'the search takes blocks up to D + 1, and there is no other of the number that is expected',
  },
  {
    file: 'vault/segment-survey.ts',
    original: '      else if (!isOurs) this.#addForeign(file);\n',
    replacement: '',
    breaks: 'a segment of another vault is left alone',
    tests: ['test/vault/recovery-files.test.ts'],
  },
  {
    file: 'vault/segment-survey.ts',
    original: '      this.refusal = SurveyRefusal.UnknownMajor;\n',
    replacement: '      this.#damaged.push(file);\n',
    breaks: 'a segment of an unknown major is refused, and not taken for damage',
    tests: ['test/vault/recovery-versions.test.ts'],
  },
  {
    file: 'vault/header-scan.ts',
    original: '      this.unknown = status;\n',
    replacement: '',
    breaks: 'a block of an unknown version is refused, and not cut off',
    tests: ['test/vault/recovery-versions.test.ts'],
  },
];

const order: readonly Mutant[] = [
  {
    file: 'vault/recovery.ts',
    original: '    repair.keepEvidence(this.#survey, this.#tail);\n',
    replacement: '',
    breaks: 'what is cut off or deleted is in quarantine first',
    tests: ['test/vault/recovery.test.ts'],
  },
  {
    file: 'vault/recovery.ts',
    original:
      "    if (written !== IoFault.None) return failed(written, 'META cannot be written');\n",
    replacement: '',
    breaks: 'nothing is cut or deleted before META is durable',
    tests: ['test/vault/recovery-crash.test.ts'],
  },
  {
    file: 'vault/recovery-repair.ts',
    original: 'const synced = fault === IoFault.None ? opened.file.fdatasync() : fault;',
    replacement: 'const synced = fault;',
    breaks: 'bytes that were cut off are given away only when they are gone for good',
    tests: ['test/vault/recovery-files.test.ts'],
  },
  {
    file: 'vault/meta-file.ts',
    original:
      'const synced = written === IoFault.None ? opened.file.fdatasync() : written;\n    opened.file.close();\n    if (synced === IoFault.None) this.#keep(slotIndex);',
    replacement:
      'const synced = written;\n    opened.file.close();\n    if (synced === IoFault.None) this.#keep(slotIndex);',
    breaks: 'META is durable before it is relied on',
    tests: ['src/vault/meta-file.test.ts'],
  },
  {
    file: 'vault/meta-file.ts',
    original: "    const synced = directory.fsyncDirectory('');\n",
    replacement: '    const synced = IoFault.None as IoFault;\n',
    breaks: 'the name of a new META is durable before it is relied on',
    tests: ['src/vault/meta-file.test.ts'],
  },
  {
    file: 'vault/meta-file.ts',
    original: '    this.#replaces = true;\n    const fault = this.#writeNewFile();',
    replacement: '    const fault = this.#replaces ? this.#writeNewFile() : inPlace;',
    breaks: 'a META that failed is never written again, but replaced',
    tests: ['src/vault/meta-file.test.ts'],
  },
];

export const recoveryMutants: readonly Mutant[] = [...durable, ...floors, ...voids, ...order];
