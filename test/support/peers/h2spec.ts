// h2spec, the conformance tester of HTTP/2 servers: built from its Go module, run through
// a bridge because it has no client certificate, its JUnit report read.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../temporary-directory.ts';
import { modulesGoProgram } from './go-program.ts';
import { type ClientPem, startTlsBridge } from './loopback-bridge.ts';
import { runToAnyEnd } from './run-to-end.ts';

export interface H2specOptions {
  /** Of the server under test, which wants TLS with a client certificate. */
  readonly port: number;
  readonly pem: ClientPem;
  /** What the requests ask for. */
  readonly path: string;
  /** `http2/6.5`, `hpack`...; none means all. */
  readonly sections?: readonly string[];
}

export interface H2specReport {
  readonly caseCount: number;
  readonly skippedCount: number;
  /** Section, title, what was expected and what came, one string a case. */
  readonly failures: readonly string[];
  readonly lines: readonly string[];
}

/** All cases of h2spec that are not of its strict mode: sections generic, http2 and hpack. */
export const h2specCaseCount = 145;

export async function runH2spec(options: H2specOptions): Promise<H2specReport> {
  const directory = temporaryDirectory('h2spec');
  const reportPath = join(directory.path, 'report.xml');
  const bridge = await startTlsBridge(options.port, options.pem);
  try {
    const { lines } = await runToAnyEnd({
      name: 'h2spec',
      command: await h2specPath(),
      args: [
        ...(options.sections ?? []),
        ...['-h', '127.0.0.1', '-p', String(bridge.port), '-P', options.path, '-j', reportPath],
      ],
    });
    return { ...parseReport(readReport(reportPath, lines)), lines };
  } finally {
    await bridge.close();
    directory.remove();
  }
}

export function h2specPath(): Promise<string> {
  return modulesGoProgram({
    module: 'github.com/summerwind/h2spec',
    version: '2.2.1+incompatible',
    folder: 'cmd/h2spec',
  });
}

function readReport(path: string, lines: readonly string[]): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`h2spec wrote no report:\n${lines.slice(-20).join('\n')}`, { cause });
  }
}

// The last line of a failure is what came, those before it are what would have been right.
// <testsuite name="4.2. Frame Size" package="http2/4.2" ...>
//   <testcase package="http2/4.2" classname="Sends a large size ..." time="0.0006">
//     <failure>GOAWAY Frame (Error Code: FRAME_SIZE_ERROR)&#xA;Timeout</failure> or <skipped>
//   </testcase>
function parseReport(xml: string): Omit<H2specReport, 'lines'> {
  const cases = [...xml.matchAll(/<testcase ([^>]*)>(.*?)<\/testcase>/gs)];
  const failures = cases
    .filter(([, , content = '']) => /<(failure|error)\b/.test(content))
    .map(([, attributes = '', content = '']) => {
      const read = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
      const outcomes = unescapeXml(content.replace(/<[^>]+>/g, ''))
        .trim()
        .split('\n');
      const expected = outcomes.slice(0, -1).join(' or ');
      return `${read('package')} ${unescapeXml(read('classname'))}: expected ${expected}, got ${outcomes.at(-1)}`;
    });
  const skippedCount = cases.filter(([, , content = '']) => content.includes('<skipped')).length;
  return { caseCount: cases.length, skippedCount, failures };
}

function unescapeXml(text: string): string {
  return text
    .replace(/&#x([0-9A-Fa-f]+);/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
}
