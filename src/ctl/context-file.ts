// The file that tells gs-ctl where the engine is and which certificate to show it: named contexts,
// one of them current. `certs init` and `gophership dev` write it. Relative paths in it are
// relative to it.

import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeWhole } from '../tls/certificate-folder.ts';
import { makeFolder } from '../tls/make-folder.ts';
import { CtlError } from './ctl-error.ts';
import { CtlExit } from './exit-code.ts';
import { apiVersion } from './terminal.ts';

export interface Context {
  /** host:port of the control port. */
  readonly address: string | undefined;
  /** host:port of the OTLP gRPC port. */
  readonly otlpAddress: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface ContextFile {
  readonly path: string;
  readonly current: string | undefined;
  readonly contexts: ReadonlyMap<string, Context>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The user's context file: $XDG_CONFIG_HOME/gophership/ctl.yaml, by default below ~/.config. */
export function userContextPath(environment: Environment): string {
  const base = environment.XDG_CONFIG_HOME || join(environment.HOME || '/', '.config');
  return join(base, 'gophership', 'ctl.yaml');
}

/** The folder's context file, as `gophership dev` writes it. */
export function folderContextPath(directory: string): string {
  return join(directory, '.gophership', 'ctl.yaml');
}

/** That of the folder, then of each folder above it, up to the root of the file system. */
export function folderContextPaths(directory: string): string[] {
  const above = dirname(directory);
  const path = folderContextPath(directory);
  return above === directory ? [path] : [path, ...folderContextPaths(above)];
}

/** Undefined when there is no such file; paths come back absolute. */
export async function readContextFile(path: string): Promise<ContextFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw invalid(path, String(error));
  }
  return parseContextFile(path, text);
}

/** Adds or replaces one context, makes it the current one, keeps the others. */
export async function writeContext(path: string, name: string, context: Context): Promise<void> {
  const existing = await readContextFile(path);
  const contexts = new Map(existing?.contexts);
  contexts.set(name, context);
  const plain = Object.fromEntries(
    [...contexts].map(([key, { otlpAddress, ...rest }]) => [
      key,
      { ...rest, otlp_address: otlpAddress },
    ]),
  );
  const { stringify } = await import('./yaml-text.ts');
  const text = stringify({ apiVersion, current: name, contexts: plain });
  try {
    await makeFolder(dirname(path), 0o700);
    await writeWhole(path, text, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // node:fs throws these
    const hint = 'set XDG_CONFIG_HOME to a folder that can be written';
    throw new CtlError('CONTEXT', CtlExit.Usage, `${path}: cannot be written: ${code}`, hint);
  }
}

async function parseContextFile(path: string, text: string): Promise<ContextFile> {
  const { parse } = await import('./yaml-text.ts');
  let root: unknown;
  try {
    root = parse(text);
  } catch (error) {
    throw invalid(path, String(error));
  }
  if (!isMap(root) || root.apiVersion !== apiVersion) {
    throw invalid(path, `apiVersion is not ${apiVersion}`);
  }
  const listed = root.contexts ?? {};
  if (!isMap(listed)) throw invalid(path, '"contexts" is not a map');
  const contexts = new Map(
    Object.entries(listed).map(([name, value]) => [name, parseContext(path, name, value)]),
  );
  return { path, current: optionalText(path, 'current', root.current), contexts };
}

function parseContext(path: string, name: string, value: unknown): Context {
  if (!isMap(value)) throw invalid(path, `context "${name}" is not a map`);
  const field = (key: string) => optionalText(path, `contexts.${name}.${key}`, value[key]);
  const file = (key: string) => {
    const found = field(key);
    return found === undefined ? undefined : resolve(dirname(path), found);
  };
  return {
    address: field('address'),
    otlpAddress: field('otlp_address'),
    ca: file('ca'),
    cert: file('cert'),
    key: file('key'),
  };
}

function optionalText(path: string, key: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(path, `${key} is not text`);
  return value;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function invalid(path: string, why: string): CtlError {
  return new CtlError(
    'CONTEXT',
    CtlExit.Usage,
    `${path}: ${why}`,
    'mend or delete the file; `gs-ctl certs init` writes a new one',
  );
}
