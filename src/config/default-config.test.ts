import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../test/support/config-fixtures.ts';
import { defaultConfigYaml } from './default-config.ts';

const paths = {
  ...{ ca: '/a "b"/$ca.pem', cert: '/cert.pem', key: '/key.pem', output: '/o/logs.jsonl' },
  vault: '/o/vault',
};
const text = defaultConfigYaml(paths);

/** The runs of "#:" lines, as [first, last] line. */
function examples(): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const last = found.at(-1);
    if (!line.startsWith('#:')) continue;
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else found.push([index, index]);
  }
  return found;
}

function uncommented(first: number, last: number): string {
  return text
    .split('\n')
    .map((line, index) => (index >= first && index <= last ? line.replace('#:', '') : line))
    .join('\n');
}

test('defaultConfigYaml() is valid without a word of warning, and keeps the paths', () => {
  const { config, problems, warnings } = loadText(text);
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, []);
  assert.deepEqual(config?.receivers.grpc?.tls.clientCa, { file: paths.ca });
  assert.equal(config?.receivers.grpc?.host, '127.0.0.1');
  assert.equal(config.receivers.http?.host, '127.0.0.1');
  assert.deepEqual(config.receivers.http.tls, config.receivers.grpc.tls);
  const [file] = config?.exporters ?? [];
  assert.equal(file?.kind === 'file' && file.path, paths.output);
});

test('defaultConfigYaml() stays valid with each example uncommented, and with all', () => {
  const runs = examples();
  assert.ok(runs.length >= 8, 'examples are found');
  const lineCount = text.split('\n').length;
  for (const [first, last] of [...runs, [0, lineCount] as const]) {
    const { problems, warnings } = loadText(uncommented(first, last));
    assert.deepEqual(problems, [], uncommented(first, last));
    const unexpected = warnings.filter((line) => !line.includes('not used: service.pipelines'));
    assert.deepEqual(unexpected, []);
  }
});

test('defaultConfigYaml() has examples that change something', () => {
  const before = JSON.stringify(loadText(text).config);
  for (const [first, last] of examples()) {
    const loaded = loadText(uncommented(first, last));
    const changed = JSON.stringify(loaded.config) !== before || loaded.warnings.length > 0;
    assert.equal(changed, true, `line ${first + 1}`);
  }
});
