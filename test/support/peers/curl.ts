// curl, the client that people try an HTTP endpoint with: Debian's, one POST a run.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateFiles } from '../certificates.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

export interface CurlOptions {
  readonly port: number;
  readonly files: CertificateFiles;
  readonly version: '1.1' | '2';
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

export interface CurlAnswer {
  /** As curl says it: `1.1`, `2`. */
  readonly version: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** Status lines and headers of all answers, `100 Continue` among them. */
  readonly headers: string;
}

const curlSecondsMax = 30;

/** Posts `body` to /v1/logs; rejects when curl itself fails. */
export async function runCurl(options: CurlOptions): Promise<CurlAnswer> {
  const { port, files, version, headers } = options;
  const directory = temporaryDirectory('curl');
  const [bodyPath, answerPath, headersPath] = ['body', 'answer', 'headers'].map((name) =>
    join(directory.path, name),
  ) as [string, string, string]; // three names in, three paths out
  try {
    writeFileSync(bodyPath, options.body);
    // So that an empty answer is an empty file.
    writeFileSync(answerPath, '');
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--show-error', '--max-time', String(curlSecondsMax)],
      ...['--cacert', files.ca, '--cert', files.clientCert, '--key', files.clientKey],
      ...[version === '2' ? '--http2' : '--http1.1', '--data-binary', `@${bodyPath}`],
      ...headers.flatMap((header) => ['--header', header]),
      ...['--output', answerPath, '--dump-header', headersPath],
      ...['--write-out', '%{http_version}\\n%{response_code}\\n%{content_type}'],
      `https://localhost:${port}/v1/logs`,
    ]);
    const [httpVersion = '', status = '', contentType = ''] = stdout.split('\n');
    return {
      version: httpVersion,
      status: Number(status),
      contentType,
      body: readFileSync(answerPath),
      headers: readFileSync(headersPath, 'utf8'),
    };
  } finally {
    directory.remove();
  }
}
