// `gs-ctl vault export`: the batches in an engine's vault as OTLP, to a file or to stdout. Exit 1
// if some are lost or not readable.

import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  ExportFormat,
  type ExportResult,
  VaultService,
} from '../generated/gophership/control/v1/vault_pb.js';
import { printable } from '../tls/printable.ts';
import { type ControlClient, withControl } from './control-client.ts';
import type { ControlFlags } from './control-connection.ts';
import { streamEnded } from './control-fault.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { countOf } from './quantity-text.ts';
import type { Terminal } from './terminal.ts';

export interface VaultExportFlags extends ControlFlags {
  readonly format: 'jsonl' | 'protobuf';
  /** Only what this destination has not got; undefined: everything. */
  readonly consumer?: string;
  /** Of the receive time, inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
  /** `-`: stdout. */
  readonly file: string;
}

/** Takes all of the bytes before it returns. */
type Write = (bytes: Uint8Array) => Promise<void>;

export function vaultExport(flags: VaultExportFlags, terminal: Terminal): Promise<CtlExit> {
  if (flags.file === '-' && flags.format === 'protobuf' && terminal.writeBytes === undefined) {
    const hint = 'name a file with --file, or send stdout to one';
    throw new CtlError('USAGE', CtlExit.Usage, 'protobuf is not for a screen', hint);
  }
  return withControl(flags, terminal, (client) => exportVault(client, flags, terminal));
}

export async function exportVault(
  client: ControlClient,
  flags: Omit<VaultExportFlags, keyof ControlFlags>,
  terminal: Terminal,
): Promise<CtlExit> {
  const { written, failed, lost, failures } =
    flags.file === '-'
      ? await toStdout(client, flags, terminal)
      : await toFile(client, flags, resolve(terminal.directory, flags.file));
  for (const { entrySeq, why } of failures) terminal.talk(`entry ${entrySeq}: ${printable(why)}\n`);
  const done = countOf(written, 'batch', 'batches');
  terminal.talk(`${done} written, ${failed} not readable as OTLP, ${lost} lost\n`);
  return failed + lost === 0 ? CtlExit.Done : CtlExit.No;
}

type Wanted = Omit<VaultExportFlags, keyof ControlFlags>;

async function toStdout(
  client: ControlClient,
  wanted: Wanted,
  terminal: Terminal,
): Promise<ExportResult> {
  if (terminal.writeBytes !== undefined) return receive(client, wanted, terminal.writeBytes);
  const text = new TextDecoder();
  // A screen obeys more than the characters that JSON escapes.
  const show = (more: string) => terminal.out(more.split('\n').map(printable).join('\n'));
  const result = await receive(client, wanted, async (bytes) =>
    show(text.decode(bytes, { stream: true })),
  );
  show(text.decode());
  return result;
}

async function toFile(client: ControlClient, wanted: Wanted, path: string): Promise<ExportResult> {
  const file = new LateFile(path);
  try {
    const result = await receive(client, wanted, async (bytes) => {
      await (await file.open()).writeFile(bytes);
    });
    await file.open(); // of no batches it is empty
    return result;
  } finally {
    await file.close();
  }
}

/** What an earlier export has left there stays until this one has something in its place. */
class LateFile {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<FileHandle> {
    this.#file ??= await openFile(this.#path);
    return this.#file;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** Whose logs these are, only their reader may read. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:fs throws these
    throw new CtlError('USAGE', CtlExit.Usage, `${path}: cannot be written: ${code}`, '');
  }
}

async function receive(
  client: ControlClient,
  { format, consumer = '', from, to }: Wanted,
  write: Write,
): Promise<ExportResult> {
  const answers = client.watch(VaultService, (vault, options) =>
    vault.exportVault(
      {
        format: format === 'jsonl' ? ExportFormat.JSONL : ExportFormat.PROTOBUF,
        destination: consumer,
        ...(from === undefined ? {} : { from: timestampFromMs(from) }),
        ...(to === undefined ? {} : { to: timestampFromMs(to) }),
      },
      options,
    ),
  );
  let result: ExportResult | undefined;
  for await (const answer of answers) {
    if (answer.data.length > 0) await write(answer.data);
    result = answer.result ?? result;
  }
  if (result === undefined) throw streamEnded(client.address);
  return result;
}
