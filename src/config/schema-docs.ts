// docs/CONFIG.md, the reference page: every key with its default, bounds and reason, made from the
// schema so that it cannot say anything else.

import { z } from 'zod';
import { componentTypesOf } from './component-map.ts';
import { pathText } from './problems.ts';
import { configSchema } from './schema.ts';
import { retryOnFailure, sendingQueue } from './schema-queue.ts';
import { clientTls, listenerTls } from './schema-tls.ts';
import { childSchema, placeOf } from './schema-walk.ts';

export function configDocs(): string {
  const parts = [introduction];
  for (const path of sections()) {
    const { effect, reason } = placeOf(schemaOf(path)).facts ?? {};
    const title = `## \`${pathText(path)}\`\n\n`;
    if (effect === 'none')
      parts.push(`${title}Accepted without effect, with a warning: ${reason}.`);
    else if (effect === 'refused') parts.push(`${title}Refused: ${reason}.`);
    else parts.push(`${title}${sectionText(schemaOf(path))}`);
  }
  for (const { title, schema } of shared) {
    parts.push(`## ${title}\n\n${sectionText(schema)}`);
  }
  return `${parts.join('\n\n')}\n`;
}

const introduction = `# Configuration

Made from the schema by \`tools/generate-config-docs.ts\`; do not edit. Names and meanings are
those of the OpenTelemetry Collector where it has them, so that its blocks can be pasted.

- **Sources** \`--config\` (repeatable: a path, \`file:PATH\`, \`env:VAR\`, \`yaml:a::b: c\`; maps
  merge from left to right, lists replace), then \`--set a.b=c\`. Without any:
  \`$GOPHERSHIP_CONFIG\`, \`/etc/gophership/gophership.yaml\`, else built-in defaults, which need
  \`OTEL_EXPORTER_OTLP_ENDPOINT\`.
- **Values** \`\${env:X}\`, \`\${env:X:-default}\`, \`\${file:/path}\` (one trailing newline is
  cut), \`$$\` for a dollar sign; set in after YAML parsing. A variable that is not set and has no
  default is an error.
- **Durations** \`1h30m\`, \`500ms\`; of bare numbers only 0. **Sizes** bytes, \`64MiB\`, \`1GB\`.
  **Rates** \`50MiB/s\`.
- **YAML** 1.2, anchors and \`<<\` allowed, duplicate keys refused. Unknown keys are errors, all
  shown in one run.
- **OpenTelemetry variables** \`OTEL_EXPORTER_OTLP_*\` and \`OTEL_EXPORTER_OTLP_LOGS_*\`
  (ENDPOINT, PROTOCOL, HEADERS, COMPRESSION, TIMEOUT, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY,
  INSECURE) are the defaults of OTLP exporters for keys that the configuration leaves out; LOGS
  wins. HEADERS go to a second exporter only if it has no endpoint of its own. \`OTEL_LOG_LEVEL\`
  is the default of \`telemetry.logs.level\`.`;

/** Blocks that stand in several places have one section of their own. */
const shared: readonly { readonly title: string; readonly schema: z.ZodType }[] = [
  { title: 'TLS of listeners', schema: listenerTls },
  { title: 'TLS of exporters', schema: clientTls },
  { title: 'Sending queue', schema: sendingQueue },
  { title: 'Retry on failure', schema: retryOnFailure },
];

function sections(): readonly (readonly string[])[] {
  return Object.keys(configSchema.shape).flatMap((key) => {
    const types = componentTypesOf(placeOf(schemaOf([key])).core);
    if (key === 'receivers') return ['grpc', 'http'].map((one) => [key, 'otlp', 'protocols', one]);
    return types === undefined ? [[key]] : Object.keys(types.schemas).map((type) => [key, type]);
  });
}

function schemaOf(path: readonly string[]): z.ZodType {
  return path.reduce<z.ZodType>(
    (schema, key) => childSchema(placeOf(schema).core, key) ?? z.never(),
    configSchema,
  );
}

interface Row {
  readonly key: string;
  readonly schema: z.ZodType;
}

function sectionText(schema: z.ZodType): string {
  const rows = rowsOf(schema, '');
  const honoured = rows.filter((row) => effectOf(row) === 'honoured');
  const lines = [sentence(placeOf(schema).facts?.reason ?? ''), ''];
  lines.push('| key | default | values | what and why |', '|---|---|---|---|');
  for (const row of honoured) lines.push(rowText(row));
  for (const [effect, title] of [
    ['none', 'Accepted without effect, with a warning'],
    ['refused', 'Refused'],
  ] as const) {
    const keys = rows.filter((row) => effectOf(row) === effect);
    if (keys.length === 0) continue;
    lines.push('', `${title}:`, '');
    for (const { key, schema: one } of keys) {
      lines.push(`- \`${key}\`: ${placeOf(one).facts?.reason ?? ''}`);
    }
  }
  return lines.join('\n');
}

function rowsOf(schema: z.ZodType, prefix: string): readonly Row[] {
  const { core } = placeOf(schema);
  if (!(core instanceof z.ZodObject)) return [];
  return Object.keys(core.shape).flatMap((name) => {
    const child = childSchema(core, name) ?? z.never();
    const key = `${prefix}${name}`;
    const inner = placeOf(child).core;
    const own = sharedOf(inner) !== undefined;
    if (inner instanceof z.ZodObject && !own) return rowsOf(child, `${key}.`);
    if (inner instanceof z.ZodArray && elementOf(inner) instanceof z.ZodObject) {
      return [{ key, schema: child }, ...rowsOf(elementOf(inner), `${key}[].`)];
    }
    return [{ key, schema: child }];
  });
}

function rowText({ key, schema }: Row): string {
  const { facts, core, defaultValue, optional } = placeOf(schema);
  const section = sharedOf(core);
  const preset = facts?.computedDefault ?? defaultText(defaultValue, optional);
  if (section !== undefined) {
    const anchor = section.title.toLowerCase().replaceAll(' ', '-');
    return `| \`${key}\` | ${preset} | [${section.title}](#${anchor}) | ${facts?.reason ?? ''} |`;
  }
  const bounds = facts?.bounds === undefined ? '' : `: ${facts.bounds}`;
  const values = facts?.type === 'word' ? (facts.bounds ?? '') : `${facts?.type ?? ''}${bounds}`;
  const needless =
    facts?.needlessValue === undefined
      ? ''
      : `; \`${facts.needlessValue}\` is a warning, no effect`;
  const cells = [`\`${key}\``, preset, values, `${facts?.reason ?? ''}${needless}`];
  const escaped = cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;'));
  return `| ${escaped.join(' | ')} |`;
}

function defaultText(defaultValue: unknown, optional: boolean): string {
  if (defaultValue === undefined) return optional ? '' : '**required**';
  if (typeof defaultValue !== 'object') return `\`${String(defaultValue)}\``;
  return Object.keys(defaultValue ?? {}).length === 0 ? '' : `\`${JSON.stringify(defaultValue)}\``;
}

function effectOf(row: Row): string {
  return placeOf(row.schema).facts?.effect ?? 'honoured';
}

function sharedOf(core: z.ZodType) {
  return shared.find((one) => placeOf(one.schema).core === core);
}

function elementOf(array: z.ZodArray): z.ZodType {
  return childSchema(array, 0) ?? z.never();
}

function sentence(text: string): string {
  return text === '' ? '' : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
