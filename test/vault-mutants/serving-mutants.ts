// Mutants of what goes on around the log: cursors, deletion, the lock, and the order in which
// others are told.

import type { Mutant } from './mutant.ts';

const cursors: readonly Mutant[] = [
  {
    file: 'vault/vault-loop.ts',
    original: 'const watermark = cursors.lowestDurableWatermark;',
    replacement: 'const watermark = cursors.lowestWatermark;',
    breaks: 'a cursor is durable before what it has settled is deleted',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/cursor-file.ts',
    original: 'return Math.min(...this.#slotWatermarks);',
    replacement: 'return Math.max(...this.#slotWatermarks);',
    breaks: 'losing either slot of a cursor loses no entry',
    tests: ['src/vault/cursor-file.test.ts'],
  },
  {
    file: 'vault/cursor-file.ts',
    original: 'const fault = this.#writeSlot(this.#file, slot) || this.#file.fdatasync();',
    replacement: 'const fault = this.#writeSlot(this.#file, slot);',
    breaks: 'a cursor slot is flushed before it counts',
    tests: ['src/vault/cursor-file.test.ts'],
  },
  {
    file: 'vault/cursor-file.ts',
    original: 'return this.#writeScratch(file, otherIndex) || file.fdatasync();',
    replacement: 'return this.#writeScratch(file, otherIndex);',
    breaks: 'a new cursor file is flushed before it takes the place of the old one',
    tests: ['src/vault/cursor-file.test.ts'],
  },
  {
    file: 'vault/cursor-file.ts',
    original: '    const syncFault = directory.fsyncDirectory(cursorFolder);\n',
    replacement: '    const syncFault = IoFault.None as IoFault;\n',
    breaks: 'the name of a new cursor file is durable before it counts',
    tests: ['src/vault/cursor-file.test.ts'],
  },
  {
    file: 'vault/slot-pair.ts',
    original: 'return generation % 2;',
    replacement: 'return generation % 1;',
    breaks: 'the older of two slots is overwritten, and not the newer',
    tests: ['src/vault/slot-pair.test.ts'],
  },
  {
    file: 'vault/slot-pair.ts',
    original: 'return even.generation > odd.generation ? 0 : 1;',
    replacement: 'return even.generation > odd.generation ? 1 : 0;',
    breaks: 'the newer of two slots counts',
    tests: ['src/vault/slot-pair.test.ts'],
  },
  {
    file: 'vault/cursor-rules.ts',
    original: 'return left === 0;',
    replacement: 'return true;',
    breaks: 'a cursor whose ledger does not add up is damaged',
    tests: ['src/vault/cursor-slot.test.ts'],
  },
  {
    file: 'vault/consumer-cursor.ts',
    original:
      '    if (first === last && slot.rangeCount === this.#rangesMax) return settleRefused;\n',
    replacement: '',
    breaks: 'a settle that needs one range too many is not taken',
    tests: ['src/vault/consumer-cursor.test.ts'],
  },
  {
    file: 'vault/drop-oldest.ts',
    original: '    if (writer.appendLoss([range], 1) !== VaultAnswer.Acked) return false;\n',
    replacement: '',
    breaks: 'what is dropped is written down first',
    tests: ['src/vault/vault-loop-room.test.ts'],
  },
  {
    file: 'vault/drop-oldest.ts',
    original: '    if (cursors.writeThrough(writer.end) !== IoFault.None) return false;\n',
    replacement: '',
    breaks: 'the cursors are durable before what is dropped is deleted',
    tests: ['src/vault/vault-loop-room.test.ts'],
  },
  {
    file: 'vault/vault-loop.ts',
    original:
      '    segments.flush();\n    this.#showStatus(this.#parts.clock.nowMs());\n    return true;',
    replacement: '    this.#showStatus(this.#parts.clock.nowMs());\n    return true;',
    breaks: 'unlinks are made durable, and their bytes given back',
    tests: ['src/vault/vault-loop.test.ts'],
    isEquivalent: 'the idle step flushes what a deletion left, and a reserve() that needs it too',
  },
];

const lock: readonly Mutant[] = [
  {
    file: 'vault/vault-loop.ts',
    original: '    if (nowMs - this.#lockCheckedMs >= lockCheckMs) this.#checkLock();\n',
    replacement: '',
    breaks: 'a vault whose lock is lost writes nothing any more',
    tests: ['src/vault/vault-loop-room.test.ts'],
  },
  {
    file: 'vault/vault-loop.ts',
    original: '    for (const { writer } of [main, dead]) writer.becomeReadOnly();\n',
    replacement: '',
    breaks: 'a lost lock stops the writers',
    tests: ['src/vault/vault-loop-room.test.ts'],
  },
  {
    file: 'vault/vault-loop.ts',
    original: '    this.#checkLock();\n    while (this.#takeSettles());',
    replacement: '    while (this.#takeSettles());',
    breaks: 'a lock that was lost is noticed before the last writes',
    tests: ['test/vault/found-by-mutants.test.ts'],
  },
  {
    file: 'vault/vault-lock.ts',
    original:
      'if (this.#state === LockState.Held && !isListed(this.#own)) this.#state = LockState.Lost;',
    replacement: '',
    breaks: 'a lock that the kernel does not know any more is lost',
    tests: ['src/vault/vault-lock.test.ts'],
  },
  {
    file: 'vault/vault-lock.ts',
    original: "      if (holder !== undefined) return { state: 'busy', processId: holder };\n",
    replacement: '',
    breaks: 'taking the lock again in the same process does not free it',
    tests: ['src/vault/vault-lock.test.ts'],
  },
  {
    file: 'vault/vault-lock.ts',
    original: "      database.exec('BEGIN EXCLUSIVE');\n",
    replacement: '',
    breaks: 'two processes never have the same vault',
    tests: ['src/vault/vault-lock.test.ts'],
  },
];

const telling: readonly Mutant[] = [
  {
    file: 'vault/group-answers.ts',
    original: 'if (isComplete) this.#page.publishEnd(end);',
    replacement: 'this.#page.publishEnd(end);',
    breaks: 'no entry is published before it is known who holds it',
    tests: ['src/vault/group-answers.test.ts'],
  },
  {
    file: 'vault/group-answers.ts',
    original:
      'this.#notices.push({ kind: NoticeKind.Held, entrySeq, masks, producer, slab, tag });',
    replacement:
      'this.#answer(producer, slab, answer, entrySeq, tag);\n        this.#notices.push({ kind: NoticeKind.Held, entrySeq, masks, producer: undefined, slab, tag });',
    breaks: 'who holds an entry is told before its producer is answered',
    tests: ['src/vault/group-answers.test.ts'],
  },
  {
    file: 'vault/vault-loop.ts',
    original:
      '    this.#answers.answer(entries, count, result);\n    this.#published = this.#publish();\n',
    replacement:
      '    this.#published = this.#publish();\n    this.#answers.answer(entries, count, result);\n',
    breaks: 'the end is published last',
    tests: ['src/vault/vault-loop.test.ts'],
  },
  {
    file: 'vault/log-source.ts',
    original:
      'return segment.segmentId === end.liveSegmentId ? end.endBytes : Number.POSITIVE_INFINITY;',
    replacement: 'return end.endBytes >= 0 ? Number.POSITIVE_INFINITY : segment.segmentId;',
    breaks: 'a reader sees nothing behind the durable end',
    tests: ['src/vault/log-reader.test.ts'],
  },
  {
    file: 'vault/vault-loop.ts',
    original: '      else {\n        writer.mark();\n',
    replacement: '      else {\n',
    breaks: 'an idle vault says that its last group is durable',
    tests: ['src/vault/vault-loop.test.ts'],
  },
  {
    file: 'vault/vault-loop.ts',
    original: '    while (this.#intake.gather()) this.#commit();\n    if (this.#mayWrite) {',
    replacement: '    if (this.#mayWrite) {',
    breaks: 'what waits at the end is committed',
    tests: ['src/vault/vault-loop.test.ts'],
  },
];

export const servingMutants: readonly Mutant[] = [...cursors, ...lock, ...telling];
