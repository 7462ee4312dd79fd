// The files of the page as the build made them, read once: what is served is a table of names, so
// that no path of a request ever reaches the disk. The page's scripts and styles are within its
// HTML, and the policy that it is sent with allows these and no others.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { dashboardFilesSizeBytesMax } from '../../limits.ts';
import { CtlError } from '../ctl-error.ts';
import { CtlExit } from '../exit-code.ts';

export interface PageFile {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** Undefined: of a file that is no page. */
  readonly contentPolicy: string | undefined;
}

/** By path: "/", "/icon.svg". */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Beside the bundled program, or where the build puts it for a program that runs from sources. */
const builtPage = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/dashboard/' : './dashboard/',
  import.meta.url,
);

/** Throws a CtlError when there is no page that could be served. */
export async function readPageFiles(directory = builtPage): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  let sizeBytes = 0;
  for (const name of await namesIn(directory)) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const bytes = await readFile(new URL(name, directory));
    sizeBytes += bytes.length;
    if (sizeBytes > dashboardFilesSizeBytesMax) {
      throw notBuilt(`${directory.pathname} has more than ${dashboardFilesSizeBytesMax} bytes`);
    }
    if (name === 'index.html') files.set('/', pageFile(bytes));
    else files.set(`/${name}`, { bytes, contentType, contentPolicy: undefined });
  }
  if (!files.has('/')) throw notBuilt(`${directory.pathname} has no index.html`);
  return files;
}

/** Throws a CtlError if it loads scripts or styles of other files, which the policy would stop. */
export function pageFile(bytes: Buffer): PageFile {
  const html = bytes.toString('utf8');
  const scripts = inlineTexts(html, /<script\b([^>]*)>(.*?)<\/script>/gis);
  const styles = inlineTexts(html, /<style\b([^>]*)>(.*?)<\/style>/gis);
  const contentPolicy = [
    "default-src 'none'",
    `script-src ${sources(scripts)}`,
    `style-src ${sources(styles)}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { bytes, contentType: 'text/html; charset=utf-8', contentPolicy };
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

async function namesIn(directory: URL): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    throw notBuilt(`${directory.pathname}: ${error instanceof Error ? error.message : error}`);
  }
}

function inlineTexts(html: string, element: RegExp): string[] {
  return Array.from(html.matchAll(element), ([, attributes = '', text = '']) => {
    if (/\bsrc\s*=/i.test(attributes)) throw notBuilt('the page loads a script of another file');
    return text;
  });
}

function sources(texts: readonly string[]): string {
  const hashes = texts.map((text) => {
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  });
  return hashes.length === 0 ? "'none'" : hashes.join(' ');
}

function notBuilt(text: string): CtlError {
  const message = `the page of the dashboard cannot be served: ${text}`;
  return new CtlError('NOT_FOUND', CtlExit.NotFound, message, 'run `npm run build` in its folder');
}
