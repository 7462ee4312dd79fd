// What users of other pipelines reported about corruption (C), durability (D), disks (E), replay
// (F), and what the first GopherShip did (L): the tests that play each row. A file and a piece of
// the title as it stands in the source; a sentence where there is nothing to play.

export type ReportTests = string | readonly (readonly [file: string, title: string])[];

const engine = 'test/vault-engine';
const damage = `${engine}/damage.test.ts`;
const drain = `${engine}/drain.test.ts`;
const full = `${engine}/full.test.ts`;
const hedge = `${engine}/hedge.test.ts`;
const killLoop = `${engine}/kill-loop.test.ts`;
const memory = `${engine}/memory.test.ts`;
const realFaults = `${engine}/real-faults.test.ts`;
const start = `${engine}/start.test.ts`;
const recovery = 'test/vault/regressions-recovery.test.ts';
const cursors = 'test/vault/regressions-cursor.test.ts';
const writerCrash = 'src/vault/log-writer-crash.test.ts';
const powerCut = 'keeps what it acknowledged when the power goes before any call';

export const vaultReports: Readonly<Record<string, ReportTests>> = {
  C1: [
    [damage, 'C1 C3 C4 E10 L5 damage to segments costs what was there'],
    ['src/vault/log-reader-damage.test.ts', 'one damaged unit loses exactly the entries'],
  ],
  C2: [
    [damage, 'C2 C7 C8 C10 C14 L6 a cursor that is lost costs duplicates'],
    ['src/vault/log-reader-damage.test.ts', 'damage to a header, a footer or a trailer loses no'],
  ],
  C3: [
    [damage, 'C1 C3 C4 E10 L5'],
    [recovery, 'R18: no bytes stop the start'],
  ],
  C4: [[damage, 'C1 C3 C4 E10 L5']],
  C5: [
    [damage, 'C5 a last segment that is cut'],
    [recovery, 'R2: a last write that was lost ends the log'],
  ],
  C6: [[killLoop, 'C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9']],
  C7: [[damage, 'C2 C7 C8 C10 C14 L6']],
  C8: [
    [damage, 'C2 C7 C8 C10 C14 L6'],
    [cursors, 'R24 a cursor of 0 bytes starts at the oldest entry'],
  ],
  C9: [[recovery, 'R23: a length of FF FF FF FF is no length']],
  C10: [
    [damage, 'C2 C7 C8 C10 C14 L6'],
    [cursors, 'R35 a lost cursor costs duplicates'],
  ],
  C11: [[recovery, 'R29: a block in the place of another']],
  C12: [
    [start, 'E5 C12 a vault on a read-only mount is replayed'],
    [start, 'V18 C12 a vault of a newer version is left as it is'],
  ],
  C13: [
    [realFaults, 'C13 a disk that fails during the start'],
    ['test/vault/recovery-crash.test.ts', 'a disk without a free byte is recovered'],
  ],
  C14: [[damage, 'C2 C7 C8 C10 C14 L6']],
  C15: [[killLoop, 'C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9']],
  C16: [[damage, 'C16 E7 a segment that comes back']],
  C17: [
    ['src/vault/block-size.test.ts', 'blockSizeBytes() is a whole number of units around each'],
    ['src/vault/log-reader.test.ts', 'next() goes on when the durable end moves'],
  ],
  C18: [['src/vault/log-reader.test.ts', 'next() never reads behind the durable end']],

  D1: [
    [damage, 'D1 E14 L3 no acknowledgement comes before the flush'],
    [writerCrash, powerCut],
  ],
  D2: [[writerCrash, powerCut]],
  D3: [[hedge, 'D3 F6 J3 J4 one dead destination of two']],
  D4: [[drain, 'D4 D6 L2 SIGTERM with a dead downstream']],
  D5: [[drain, 'D5 D6 D9 SIGTERM hands to the vault']],
  D6: [
    [drain, 'D4 D6 L2 SIGTERM with a dead downstream'],
    [killLoop, 'C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9'],
  ],
  D7: [[killLoop, 'C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9']],
  D8: [[hedge, 'D8 a producer has its OK after ack_deadline']],
  D9: [
    [drain, 'D5 D6 D9 SIGTERM hands to the vault'],
    ['src/engine/shard-model.test.ts', 'Shard'],
  ],
  D10: 'not in version 1: no files are tailed',

  E1: [[start, 'E1 E5 E6 E7 V19 a full disk is started, drained']],
  E2: [
    [full, 'E2 E3 E4 a disk that somebody else fills'],
    [realFaults, 'E2 E4 E12 a disk that fails under load'],
  ],
  E3: [
    [full, 'E2 E3 E4 a disk that somebody else fills'],
    ['src/vault/spares.test.ts', 'are no damage when the disk is full'],
  ],
  E4: [
    [full, 'E2 E3 E4 a disk that somebody else fills'],
    [full, 'B1 B3 E4 E6 L1 a full vault answers UNAVAILABLE'],
  ],
  E5: [
    [start, 'E1 E5 E6 E7 V19 a full disk is started, drained'],
    [start, 'E5 C12 a vault on a read-only mount is replayed'],
  ],
  E6: [[full, 'B1 B3 E4 E6 L1 a full vault answers UNAVAILABLE']],
  E7: [
    [start, 'E1 E5 E6 E7 V19 a full disk is started, drained'],
    [damage, 'C16 E7 a segment that comes back'],
  ],
  E8: [[full, 'E8 E9 drop_oldest loses what it counts']],
  E9: [[full, 'E8 E9 drop_oldest loses what it counts']],
  E10: [
    [damage, 'C1 C3 C4 E10 L5'],
    [cursors, 'R1 counters of two moments never underflow'],
  ],
  E11: [[killLoop, 'C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9']],
  E12: [
    [full, 'E12 a disk that turns read-only under load'],
    ['src/vault/errno.test.ts', 'faultOf() tells apart what the vault acts on'],
  ],
  E13: [
    [start, 'E13 tmpfs is refused unless allowed'],
    [start, 'E13 ramfs, which takes no direct I/O'],
    ['src/vault/direct-io-trial.test.ts', 'tryDirectIo() believes only what it reads back'],
  ],
  E14: [[damage, 'D1 E14 L3 no acknowledgement comes before the flush']],

  F1: [
    ['src/vault/segment-list.test.ts', 'holds thousands, and forgets those that are gone'],
    [memory, 'A5 A7 A8 F2 memory stays within its limit'],
  ],
  F2: [[memory, 'A5 A7 A8 F2 memory stays within its limit']],
  F3: [['src/replayer/delivery-lane.test.ts', 'waitMs() gives the backlog its share']],
  F4: [[`${engine}/clock.test.ts`, 'F4 a wall clock that jumps']],
  F5: [
    [hedge, 'F5 one batch, and then silence'],
    [recovery, 'R4: the last entry is there'],
  ],
  F6: [[hedge, 'D3 F6 J3 J4 one dead destination of two']],
  F7: [
    ['src/replayer/delivery-lane.test.ts', 'waitMs() lets more go out while answers are quick'],
    ['src/replayer/delivery-lane.test.ts', 'refused() backs off ever longer'],
  ],

  L1: [[full, 'B1 B3 E4 E6 L1 a full vault answers UNAVAILABLE']],
  L2: [[drain, 'D4 D6 L2 SIGTERM with a dead downstream']],
  L3: [[damage, 'D1 E14 L3 no acknowledgement comes before the flush']],
  L4: [
    [killLoop, 'C6 C15 D6 D7 E10 E11 L1 L3 L4 kill -9'],
    ['src/vault/group-plan.test.ts', 'GroupPlan: blocks hold every byte once'],
  ],
  L5: [[damage, 'C1 C3 C4 E10 L5']],
  L6: [
    [damage, 'C2 C7 C8 C10 C14 L6'],
    ['src/vault/file-names.test.ts', 'segmentIdOf() gives back what segmentPath() named'],
  ],
};
