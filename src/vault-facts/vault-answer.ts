// Answers one question about a vault that is in use, within the bounds of limits.ts: what one part
// holds, and what is read into memory at once.

import { unreachable } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import {
  vaultAnswerBlocksMax,
  vaultAnswerBodySizeBytesMax,
  vaultAnswerFailuresMax,
  vaultAnswerFindingsMax,
  vaultAnswerJsonSizeBytesMax,
  vaultAnswerLetterSizeBytesMax,
  vaultAnswerRawLetterSizeBytesMax,
  vaultProgressIntervalMs,
} from '../limits.ts';
import { OfflineVault } from '../vault/offline.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { exportBatches, slotOfConsumer } from './batch-export.ts';
import { listLetters, readLetter } from './dead-letters.ts';
import { PartBuffer } from './part-buffer.ts';
import { checkVault } from './vault-check.ts';
import { type Facts, inspectVault } from './vault-inspection.ts';
import { listVault } from './vault-list.ts';
import type { ExportFailure, VaultParts, VaultQuestion } from './vault-question.ts';
import { readMeta } from './vault-state.ts';

export interface AnswerWorld {
  readonly clock: Clock;
  /** The next part; returns when there is room for another. */
  tell(part: VaultParts[keyof VaultParts]): void;
  /** So much was read since the last time; returns when more may be. */
  read(sizeBytes: number): void;
  /** For whoever writes at this moment to have written. */
  pause(ms: number): void;
}

/**
 * Throws VAULT_FAILED for what cannot be read, VAULT_REFUSED for what must not be,
 * CONTROL_NOT_FOUND for what is not there.
 */
export function answerQuestion(path: string, question: VaultQuestion, world: AnswerWorld): void {
  const vault = openInUse(path, world);
  switch (question.kind) {
    case 'list':
      world.tell(listVault(vault, { segmentsMax: question.segmentsMax, quick: true }));
      return;
    case 'inspect':
      answerInspect(vault, question.what, world);
      return;
    case 'verify':
      answerVerify(vault, world);
      return;
    case 'export':
      answerExport(vault, question, world);
      return;
    case 'letters':
      world.tell(listLetters(vault, question, (sizeBytes) => world.read(sizeBytes)));
      return;
    case 'letter':
      answerLetter(vault, question.entrySeq, world);
      return;
    default:
      unreachable(question, 'question about a vault');
  }
}

/** A slot that is written at this moment reads as damaged; a moment later it does not. */
function openInUse(path: string, { clock, pause }: AnswerWorld): OfflineVault {
  for (let attempt = 1; ; attempt += 1) {
    const vault = new OfflineVault(path, clock);
    if (attempt === openAttemptsMax || areSlotsWhole(vault)) return vault;
    pause(slotWriteMs);
  }
}

const openAttemptsMax = 3;
const slotWriteMs = 50;

function areSlotsWhole(vault: OfflineVault): boolean {
  const isMetaWhole = readMeta(vault).every(
    ({ status, isZero }) => status === ReadStatus.Ok || isZero,
  );
  const areCursorsWhole = vault.cursorStates.every(({ statuses, zeros }) =>
    statuses.every((status, index) => status === ReadStatus.Ok || zeros[index] === true),
  );
  return isMetaWhole && areCursorsWhole;
}

function answerInspect(vault: OfflineVault, what: readonly string[], world: AnswerWorld): void {
  const found = inspectVault(vault, what);
  if (found === undefined) throw notFound(vault, what.join(' '));
  world.tell({ facts: found.facts });
  let blocks: Facts[] = [];
  for (const block of found.blocks ?? []) {
    blocks.push(block);
    world.read(Number(block.storedSizeBytes ?? 0));
    if (blocks.length < vaultAnswerBlocksMax) continue;
    world.tell({ blocks });
    blocks = [];
  }
  if (blocks.length > 0) world.tell({ blocks });
}

function answerVerify(vault: OfflineVault, world: AnswerWorld): void {
  let toldMs = Number.NEGATIVE_INFINITY;
  let readBytes = 0;
  const check = checkVault(vault, (doneBytes, totalBytes) => {
    world.read(Math.max(doneBytes - readBytes, 0));
    readBytes = doneBytes;
    const nowMs = world.clock.nowMs();
    if (nowMs - toldMs < vaultProgressIntervalMs) return;
    toldMs = nowMs;
    world.tell({ doneBytes, totalBytes });
  });
  const findings = check.findings.slice(0, vaultAnswerFindingsMax);
  const findingsLeftOut = check.findings.length - findings.length;
  world.tell({ check: { ...check, findings }, findingsLeftOut });
}

type ExportQuestion = Extract<VaultQuestion, { kind: 'export' }>;

function answerExport(vault: OfflineVault, question: ExportQuestion, world: AnswerWorld): void {
  const { consumer, ...wanted } = question;
  const slot = consumer === '' ? undefined : slotOfConsumer(vault, consumer);
  if (consumer !== '' && slot === undefined) throw notFound(vault, `cursor of "${consumer}"`);
  const failures: ExportFailure[] = [];
  const buffer = new PartBuffer((data) => world.tell({ data }));
  const bounds = {
    bodySizeBytesMax: vaultAnswerBodySizeBytesMax,
    jsonSizeBytesMax: vaultAnswerJsonSizeBytesMax,
  };
  const counts = exportBatches(vault, { ...wanted, slot }, bounds, {
    write: (bytes) => buffer.write(bytes),
    failed(entrySeq, why) {
      if (failures.length < vaultAnswerFailuresMax) failures.push({ entrySeq, why });
    },
    read: (sizeBytes) => world.read(sizeBytes),
  });
  buffer.end();
  world.tell({ counts, failures });
}

function answerLetter(vault: OfflineVault, entrySeq: number, world: AnswerWorld): void {
  const found = readLetter(vault, entrySeq, {
    bodySizeBytesMax: vaultAnswerBodySizeBytesMax,
    jsonSizeBytesMax: vaultAnswerLetterSizeBytesMax,
  });
  if (found === undefined) throw notFound(vault, `dead letter ${entrySeq}`);
  const { letter, batch } = found;
  if ('json' in batch) {
    world.tell(found);
    return;
  }
  const body = batch.body.subarray(0, vaultAnswerRawLetterSizeBytesMax);
  world.tell({ letter, batch: { unreadable: batch.unreadable, body } });
}

function notFound({ path }: OfflineVault, what: string): GopherShipError {
  return new GopherShipError('CONTROL_NOT_FOUND', `${path}: there is no ${what}`);
}
