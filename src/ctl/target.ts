// Finds out where a command goes and which certificate it shows: flags, then environment, then the
// context file of the folder or of the nearest one above that has it, then the user's. Each field
// is looked up on its own, so that `--address` alone works.

import {
  type Context,
  type ContextFile,
  folderContextPath,
  folderContextPaths,
  readContextFile,
  userContextPath,
} from './context-file.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface TargetFlags {
  readonly address?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly context?: string;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** `port` says which address of a context is meant; flags and GS_CTL_ADDRESS name it directly. */
export async function resolveTarget(
  flags: TargetFlags,
  terminal: Terminal,
  port: 'control' | 'otlp',
): Promise<Target> {
  const { environment } = terminal;
  const given = {
    address: flags.address ?? (environment.GS_CTL_ADDRESS || undefined),
    ca: flags.ca ?? (environment.GS_CTL_CA || undefined),
    cert: flags.cert ?? (environment.GS_CTL_CERT || undefined),
    key: flags.key ?? (environment.GS_CTL_KEY || undefined),
  };
  const complete = Object.values(given).every((value) => value !== undefined);
  const contextName = flags.context ?? (environment.GS_CTL_CONTEXT || undefined);
  const context = complete ? undefined : await findContext(contextName, terminal);
  const address = given.address ?? (port === 'otlp' ? context?.otlpAddress : context?.address);
  return {
    ...parseAddress(required('address', address, terminal), port),
    ca: required('ca', given.ca ?? context?.ca, terminal),
    cert: required('cert', given.cert ?? context?.cert, terminal),
    key: required('key', given.key ?? context?.key, terminal),
  };
}

/** Of all context files, the nearest first; a name that several have is the nearest one's. */
export async function contextNames(terminal: Terminal): Promise<string[]> {
  const contexts = await knownContexts(terminal);
  if (contexts.length > 0) return contexts.map(({ name }) => name);
  throw noContexts(terminal);
}

export interface KnownContext {
  readonly name: string;
  readonly context: Context;
  /** The file that has it. */
  readonly path: string;
  /** The one that is used when none is named. */
  readonly isCurrent: boolean;
}

/** In the same order. */
export async function knownContexts(terminal: Terminal): Promise<KnownContext[]> {
  const known = new Map<string, Omit<KnownContext, 'isCurrent'>>();
  let current = terminal.environment.GS_CTL_CONTEXT || undefined;
  for (const path of contextPaths(terminal)) {
    const file = await readContextFile(path);
    if (file === undefined) continue;
    const own = file.current ?? '';
    if (file.contexts.has(own)) current ??= own;
    for (const [name, context] of file.contexts) {
      if (!known.has(name)) known.set(name, { name, context, path });
    }
  }
  return [...known.values()].map((one) => ({ ...one, isCurrent: one.name === current }));
}

export function noContexts(terminal: Terminal): CtlError {
  const message = `there are no contexts: looked at ${contextPlaces(terminal).join(', ')}`;
  return new CtlError('NO_TARGET', CtlExit.Usage, message, 'run `gs-ctl certs init`');
}

/** "host:port" or "[v6]:port". */
function parseAddress(
  address: string,
  kind: 'control' | 'otlp',
): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port > 0 && port < 65_536)) {
    const usual = kind === 'otlp' ? 4317 : 4319;
    throw new CtlError(
      'USAGE',
      CtlExit.Usage,
      `address "${address}" is not host:port`,
      `for example localhost:${usual} or [::1]:${usual}`,
    );
  }
  return { host, port };
}

async function findContext(
  name: string | undefined,
  terminal: Terminal,
): Promise<Context | undefined> {
  const found: ContextFile[] = [];
  for (const path of contextPaths(terminal)) {
    const file = await readContextFile(path);
    if (file === undefined) continue;
    found.push(file);
    const context = file.contexts.get(name ?? file.current ?? '');
    if (context !== undefined) return context;
  }
  if (name === undefined) return undefined;
  const known = found.flatMap((file) => [...file.contexts.keys()]).join(', ') || 'none';
  throw new CtlError(
    'NOT_FOUND',
    CtlExit.NotFound,
    `context "${name}" is in none of ${contextPlaces(terminal).join(', ')}`,
    `known contexts: ${known}`,
  );
}

function contextPaths(terminal: Terminal): string[] {
  return [...folderContextPaths(terminal.directory), userContextPath(terminal.environment)];
}

/** The same, as a message names them. */
function contextPlaces(terminal: Terminal): string[] {
  const folder = folderContextPath(terminal.directory);
  return [`${folder} and the folders above`, userContextPath(terminal.environment)];
}

function required(field: string, value: string | undefined, terminal: Terminal): string {
  if (value !== undefined && value !== '') return value;
  const places = [`--${field}`, `GS_CTL_${field.toUpperCase()}`, ...contextPlaces(terminal)];
  throw new CtlError(
    'NO_TARGET',
    CtlExit.Usage,
    `no ${field}: looked at ${places.join(', ')}`,
    'start `gophership dev` in this folder, or run `gs-ctl certs init`, or give the flags',
  );
}
