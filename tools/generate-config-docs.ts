// Writes docs/CONFIG.md from the schema; with --check it only says whether the file is up to date.

import { readFileSync, writeFileSync } from 'node:fs';
import { configDocs } from '../src/config/schema-docs.ts';

const path = new URL('../docs/CONFIG.md', import.meta.url);

if (!process.argv.includes('--check')) {
  writeFileSync(path, configDocs());
} else if (readFileSync(path, 'utf8') !== configDocs()) {
  process.stderr.write('docs/CONFIG.md is stale: run node tools/generate-config-docs.ts\n');
  process.exitCode = 1;
}
