// The rules that a machine can hold: which folder may import which, names, sizes, and documents
// that must match the code. tidy.test.ts runs them inside `npm test`; a problem is one line of text
// that starts with the place to change.

import { docRules } from './tidy/doc-rules.ts';
import { importRules } from './tidy/import-rules.ts';
import { namesRules } from './tidy/name-rules.ts';
import type { SourceTree } from './tidy/source-tree.ts';
import { textRules } from './tidy/text-rules.ts';

export interface TidyTables {
  /**
   * Folder of src/ (or root file, without .ts) to the folders it may import. Root files are free to
   * all.
   */
  readonly imports: Readonly<Record<string, readonly string[]>>;
  /** Files directly in src/ that everybody may import; they import only each other. */
  readonly rootFiles: readonly string[];
  /** Files that are started, not imported. */
  readonly entryPoints: readonly string[];
  /** npm package to the folders or root files of src/ that may import it. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Path to the reason why it is longer than the rule allows. */
  readonly longFiles: Readonly<Record<string, string>>;
  /** Files that nothing imports yet, each with what will. */
  readonly seams: Readonly<Record<string, string>>;
  /** Files or folders of src/ that may read the environment and the command line. */
  readonly environmentReaders: readonly string[];
}

// Data flows down this list. Stages (ingester, enrichment, exporter...) never import each other;
// only engine/ knows their order. Type-only imports of config/config.ts are open to every folder.
export const tables: TidyTables = {
  rootFiles: ['assert', 'chain', 'clock', 'errors', 'limits', 'log', 'node-http'],
  imports: {
    memory: [],
    tls: [],
    config: [],
    metrics: ['memory'],
    grpc: ['generated'],
    kernel: ['memory'],
    otlp: ['memory', 'kernel', 'generated'],
    http2: ['tls', 'memory'],
    ingester: ['tls', 'http2', 'grpc', 'otlp', 'memory', 'metrics', 'config'],
    monitor: ['memory', 'metrics'],
    vault: ['memory', 'kernel', 'metrics'],
    'vault-facts': ['vault', 'otlp', 'memory', 'kernel'],
    replayer: ['vault', 'otlp', 'memory', 'kernel', 'metrics'],
    enrichment: ['otlp', 'memory', 'kernel', 'config'],
    exporter: ['tls', 'grpc', 'otlp', 'memory', 'metrics', 'config', 'generated'],
    engine: [
      ...['config', 'memory', 'kernel', 'tls', 'http2', 'grpc', 'otlp', 'ingester', 'monitor'],
      ...['vault', 'enrichment', 'exporter', 'replayer', 'metrics', 'vault-facts'],
    ],
    control: ['generated', 'tls', 'memory', 'monitor', 'vault', 'vault-facts'],
    dashboard: ['generated', 'ctl', 'tls'],
    // The last three for `doctor`, which looks at a host with the engine's own eyes.
    ctl: ['generated', 'tls', 'grpc', 'config', 'memory', 'monitor', 'vault'],
    cli: [
      ...[
        'config',
        'memory',
        'kernel',
        'otlp',
        'monitor',
        'vault',
        'vault-facts',
        'engine',
        'control',
        'dashboard',
      ],
      ...['tls', 'ctl'],
    ],
    main: ['cli', 'config', 'engine', 'control', 'dashboard', 'tls', 'ctl'],
    'ctl-main': ['ctl', 'tls'],
  },
  entryPoints: ['src/main.ts', 'src/ctl-main.ts', 'src/dashboard/page.tsx'],
  packages: {
    yaml: ['config', 'ctl', 'cli'],
    zod: ['config'],
    commander: ['main', 'ctl-main', 'ctl', 'cli'],
    '@peculiar/x509': ['tls'],
    '@bufbuild/protobuf': ['grpc', 'otlp', 'exporter', 'ctl', 'control'],
    preact: ['dashboard'],
    '@preact/signals': ['dashboard'],
    uplot: ['dashboard'],
    '@connectrpc/connect': ['control', 'ctl'],
    '@connectrpc/connect-node': ['control', 'ctl'],
  },
  longFiles: {
    'test/vault/recovery-files.test.ts': 'one table of recovery, each row of it a test',
    'src/tls/certificate-watch.test.ts': 'one watch and every change of its files, over one rig',
    'src/ingester/grpc-receiver.test.ts': 'the table of answers and its random twin, over one rig',
  },
  seams: {},
  environmentReaders: ['main', 'ctl-main', 'config'],
};

/** All problems of the tree, sorted; none means tidy. */
export function tidy(tree: SourceTree, rules: TidyTables = tables): string[] {
  return [
    ...importRules(tree, rules),
    ...namesRules(tree),
    ...textRules(tree, rules),
    ...docRules(tree),
  ].sort();
}
