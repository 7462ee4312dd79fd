// The curl command of README.md, taken from there, so that what it says is what the tests run: with
// curl itself in the interop suite, with node:https where no curl may be.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

export interface CurlOptions {
  /** The working directory: paths of the command are relative to it. */
  readonly directory: string;
  /** In place of the port that the README names. */
  readonly port: number;
}

export interface CurlAnswer {
  readonly status: number;
  readonly text: string;
}

/** Its words after `curl`, with the port of the URL replaced. */
export function readmeCurlArguments(port: number): string[] {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, command] = /^curl ((?:.*\\\n)*.*)$/m.exec(readme) ?? [];
  if (command === undefined) throw new Error('README.md has no curl command');
  const words = command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|([^\s']+)/g);
  return [...words].map(([, quoted, plain = '']) =>
    (quoted ?? plain).replace(/^(https:\/\/localhost):\d+/, `$1:${port}`),
  );
}

/** Does what curl would; throws on an option that it does not know. */
export async function runReadmeCurl({ directory, port }: CurlOptions): Promise<CurlAnswer> {
  const words = readmeCurlArguments(port);
  const file = (name: string) => readFileSync(join(directory, name));
  const headers: Record<string, string> = { 'user-agent': 'curl', accept: '*/*' };
  const tls: { ca?: Buffer; cert?: Buffer; key?: Buffer } = {};
  let url = '';
  let body = '';
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) {
      url = word;
      continue;
    }
    index += 1;
    const value = words[index] ?? '';
    if (word === '--cacert') tls.ca = file(value);
    else if (word === '--cert') tls.cert = file(value);
    else if (word === '--key') tls.key = file(value);
    else if (word === '--data') body = value;
    else if (word === '--header') {
      const [name = '', text = ''] = value.split(': ');
      headers[name.toLowerCase()] = text;
    } else throw new Error(`README.md has a curl option that this cannot do: ${word}`);
  }
  const { promise, resolve, reject } = Promise.withResolvers<CurlAnswer>();
  const sent = request(url, { ...tls, method: 'POST', headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, text });
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
