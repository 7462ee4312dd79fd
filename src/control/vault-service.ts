// The procedures of the vault service: questions to whoever reads the vault's files, and what comes
// back as messages.

import type { ServiceImpl } from '@connectrpc/connect';
import {
  ExportFormat,
  type ExportVaultRequest,
  type VaultService,
} from '../generated/gophership/control/v1/vault_pb.js';
import { vaultAnswerLettersMax, vaultAnswerSegmentsMax } from '../limits.ts';
import type { ServiceParts } from './control-service.ts';
import { rpcFault } from './rpc-fault.ts';
import {
  exportMessage,
  inspectMessage,
  letterListMessage,
  letterMessage,
  segmentListMessage,
  verifyMessage,
} from './vault-files-message.ts';
import { wallMsOf } from './wire-number.ts';

export function vaultService(parts: Pick<ServiceParts, 'view'>): ServiceImpl<typeof VaultService> {
  const files = () => {
    const view = parts.view();
    if (view === undefined) throw rpcFault('CONTROL_STARTING', 'the engine is still starting');
    if (view.vaultFiles === undefined) throw rpcFault('CONTROL_NOT_FOUND', 'there is no vault');
    return view.vaultFiles;
  };
  return {
    async listSegments({ last }, { signal }) {
      const segmentsMax = boundedCount(last, vaultAnswerSegmentsMax);
      return segmentListMessage(await one(files().ask({ kind: 'list', segmentsMax }, signal)));
    },
    inspectVault({ what, name }, { signal }) {
      const words = [what, name].filter((word) => word !== '');
      if (what === 'cursor' && name === '') {
        throw rpcFault('CONTROL_INVALID', 'the cursor of which destination?');
      }
      return messages(files().ask({ kind: 'inspect', what: words }, signal), inspectMessage);
    },
    verifyVault: (_, { signal }) =>
      messages(files().ask({ kind: 'verify' }, signal), verifyMessage),
    exportVault: (request, { signal }) =>
      messages(files().ask(exportQuestion(request), signal), exportMessage),
    async listDeadLetters({ fromEntrySeq, limit }, { signal }) {
      const countMax = boundedCount(limit, vaultAnswerLettersMax);
      const range = { fromEntrySeq: sequence(fromEntrySeq), countMax };
      return letterListMessage(await one(files().ask({ kind: 'letters', ...range }, signal)));
    },
    async getDeadLetter({ entrySeq }, { signal }) {
      const question = { kind: 'letter', entrySeq: sequence(entrySeq) } as const;
      return letterMessage(await one(files().ask(question, signal)));
    },
  };
}

/** 0: as many as may be. */
function boundedCount(asked: number, max: number): number {
  return asked === 0 ? max : Math.min(asked, max);
}

function sequence(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw rpcFault('CONTROL_INVALID', 'an entry has a number from 0 to 2^53 - 1');
}

function exportQuestion({ format, destination, from, to }: ExportVaultRequest) {
  return {
    kind: 'export',
    format: exportFormat(format),
    consumer: destination,
    fromMs: wallMsOf(from) ?? 0,
    toMs: wallMsOf(to) ?? Number.POSITIVE_INFINITY,
  } as const;
}

function exportFormat(format: ExportFormat): 'jsonl' | 'protobuf' {
  switch (format) {
    case ExportFormat.UNSPECIFIED:
    case ExportFormat.JSONL:
      return 'jsonl';
    case ExportFormat.PROTOBUF:
      return 'protobuf';
    default:
      throw rpcFault('CONTROL_INVALID', 'the format must be JSON lines or protobuf');
  }
}

async function* messages<Part, Message>(
  parts: AsyncIterable<Part>,
  message: (part: Part) => Message,
): AsyncGenerator<Message> {
  for await (const part of parts) yield message(part);
}

/** Of answers that are one part. */
async function one<Part>(parts: AsyncIterable<Part>): Promise<Part> {
  for await (const part of parts) return part;
  throw rpcFault('INTERNAL_FAULT', 'there was no answer');
}
