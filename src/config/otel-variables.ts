// The OTEL_EXPORTER_OTLP_* and OTEL_LOG_LEVEL variables as defaults: what they say is put into the
// tree where the configuration leaves a key out, so that the schema checks it like everything else.
// OpenTelemetry specification, "OTLP Exporter Configuration" and "General SDK Configuration".

import { componentTypesOf, typeOf } from './component-map.ts';
import { type Environment, variable } from './environment.ts';
import {
  type LocatedMap,
  type LocatedNode,
  mapOf,
  mergeNodes,
  nestedNode,
  nodeAt,
  type Position,
} from './located-tree.ts';
import type { ProblemList } from './problems.ts';
import { exporters as exportersSchema } from './schema-exporters.ts';
import { logLevels } from './schema-service.ts';

/**
 * What the variable named OTEL_EXPORTER_OTLP_LOGS_x says, else the one named OTEL_EXPORTER_OTLP_x.
 */
export function otlpVariable(environment: Environment, suffix: string): Variable | undefined {
  for (const name of [`OTEL_EXPORTER_OTLP_LOGS_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`]) {
    const text = variable(environment, name)?.trim();
    if (text !== undefined && text !== '') return { name, text };
  }
  return undefined;
}

export interface Variable {
  readonly name: string;
  readonly text: string;
}

export function withOtelDefaults(
  root: LocatedMap,
  environment: Environment,
  problems: ProblemList,
  warnings: ProblemList,
): LocatedMap {
  const filled = withLogLevel(root, environment, warnings);
  const section = nodeAt(filled, ['exporters']);
  if (section?.kind !== 'map') return filled;
  const otlpIds = [...section.entries.keys()].filter((id) => otlpKind(id) !== undefined);
  const entries = new Map(section.entries);
  for (const [id, entry] of section.entries) {
    const kind = otlpKind(id);
    if (kind === undefined || !speaks(kind, environment, problems)) continue;
    const exporter = entry.node;
    const defaults = exporterDefaults(kind, exporter, environment, problems);
    const headers = headerDefaults(exporter, environment, problems);
    // API keys go to the server that the same variables name, or to the only one there is: never to
    // a second one.
    const toOurServer =
      otlpIds.length === 1 ||
      nodeAt(defaults, ['endpoint']) !== undefined ||
      nodeAt(defaults, ['logs_endpoint']) !== undefined;
    if (headers !== undefined && !toOurServer) {
      warnings.add(
        headers.position,
        `not sent by exporters.${id}, which is one of several and has its own endpoint; set ` +
          `its headers`,
      );
    }
    const added = headers !== undefined && toOurServer ? mergeNodes(defaults, headers) : defaults;
    entries.set(id, { ...entry, node: mergeNodes(emptyIfNull(exporter), added) });
  }
  const sections = new Map(filled.entries);
  for (const [key, entry] of filled.entries) {
    if (entry.node === section) sections.set(key, { ...entry, node: { ...section, entries } });
  }
  return { ...filled, entries: sections };
}

type OtlpKind = 'otlp_grpc' | 'otlp_http';

function otlpKind(id: string): OtlpKind | undefined {
  const renamed = componentTypesOf(exportersSchema)?.renamed[typeOf(id)] ?? typeOf(id);
  return renamed === 'otlp_grpc' || renamed === 'otlp_http' ? renamed : undefined;
}

/** A PROTOCOL variable says which of the two kinds all the other variables are meant for. */
function speaks(kind: OtlpKind, environment: Environment, problems: ProblemList): boolean {
  const protocol = otlpVariable(environment, 'PROTOCOL');
  if (protocol === undefined) return true;
  switch (protocol.text) {
    case 'grpc':
      return kind === 'otlp_grpc';
    case 'http/protobuf':
      return kind === 'otlp_http';
    default:
      problems.add(at(protocol), 'must be grpc or http/protobuf');
      return false;
  }
}

function exporterDefaults(
  kind: OtlpKind,
  exporter: LocatedNode,
  environment: Environment,
  problems: ProblemList,
): LocatedNode {
  let defaults: LocatedNode = mapOf(exporter.position);
  const put = (keys: readonly string[], found: Variable | undefined, text = found?.text) => {
    if (found === undefined || text === undefined || has(exporter, keys)) return;
    defaults = mergeNodes(defaults, nestedNode(keys, textNode(found, text)));
  };

  if (!has(exporter, ['endpoint']) && !has(exporter, ['logs_endpoint'])) {
    const endpoint = otlpVariable(environment, 'ENDPOINT');
    const forLogs = endpoint?.name === 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
    if (kind === 'otlp_grpc') put(['endpoint'], endpoint, endpoint && withoutPath(endpoint.text));
    else put([forLogs ? 'logs_endpoint' : 'endpoint'], endpoint);
  }
  const timeout = otlpVariable(environment, 'TIMEOUT');
  if (timeout !== undefined && !/^\d{1,9}$/.test(timeout.text)) {
    problems.add(at(timeout), 'must be a whole number of milliseconds');
  } else put(['timeout'], timeout, timeout && `${timeout.text}ms`);
  put(['compression'], otlpVariable(environment, 'COMPRESSION'));
  if (!has(exporter, ['tls', 'ca_pem'])) {
    put(['tls', 'ca_file'], otlpVariable(environment, 'CERTIFICATE'));
  }
  const certKeys = ['cert_file', 'cert_pem', 'key_file', 'key_pem'];
  if (!certKeys.some((key) => has(exporter, ['tls', key]))) {
    put(['tls', 'cert_file'], otlpVariable(environment, 'CLIENT_CERTIFICATE'));
    put(['tls', 'key_file'], otlpVariable(environment, 'CLIENT_KEY'));
  }
  const insecure = otlpVariable(environment, 'INSECURE');
  const endpointNode = nodeAt(mergeNodes(emptyIfNull(exporter), defaults), ['endpoint']);
  const hasScheme = endpointNode?.kind === 'scalar' && endpointNode.text.includes('://');
  if (kind === 'otlp_grpc' && !hasScheme && insecure?.text.toLowerCase() === 'true') {
    put(['tls', 'insecure'], insecure);
  }
  return defaults;
}

/** W3C baggage form: `key=value,key2=value2`, values percent-encoded. */
function headerDefaults(
  exporter: LocatedNode,
  environment: Environment,
  problems: ProblemList,
): LocatedNode | undefined {
  const found = otlpVariable(environment, 'HEADERS');
  if (found === undefined || has(exporter, ['headers'])) return undefined;
  const entries = new Map<string, { keyPosition: Position; node: LocatedNode }>();
  for (const pair of found.text.split(',')) {
    if (pair.trim() === '') continue;
    const equals = pair.indexOf('=');
    const key = decoded(pair.slice(0, Math.max(equals, 0)).trim());
    const value = decoded(pair.slice(equals + 1).trim());
    if (equals < 1 || key === undefined || value === undefined || key === '__proto__') {
      problems.add(at(found), 'must be key=value pairs with commas between, percent-encoded');
      return undefined;
    }
    entries.set(key, { keyPosition: at(found), node: textNode(found, value) });
  }
  return nestedNode(['headers'], mapOf(at(found), entries));
}

function withLogLevel(
  root: LocatedMap,
  environment: Environment,
  warnings: ProblemList,
): LocatedMap {
  const text = variable(environment, 'OTEL_LOG_LEVEL');
  if (text === undefined) return root;
  const path = ['telemetry', 'logs', 'level'];
  if (has(root, path) || has(root, ['service', 'telemetry', 'logs', 'level'])) return root;
  const found = { name: 'OTEL_LOG_LEVEL', text: text.trim().toLowerCase() };
  // The specification wants unknown values of such variables ignored with a warning.
  if (!logLevels.some((level) => level === found.text)) {
    warnings.add(at(found), `ignored, must be ${logLevels.join(' or ')}`);
    return root;
  }
  return merged(root, nestedNode(path, textNode(found, found.text)));
}

function merged(root: LocatedMap, later: LocatedNode): LocatedMap {
  const result = mergeNodes(root, later);
  return result.kind === 'map' ? result : root;
}

function has(node: LocatedNode, keys: readonly string[]): boolean {
  const found = nodeAt(node, keys);
  return found !== undefined && !(found.kind === 'scalar' && found.value === null);
}

function emptyIfNull(node: LocatedNode): LocatedNode {
  return node.kind === 'scalar' && node.value === null ? mapOf(node.position) : node;
}

function textNode(found: Variable, text: string): LocatedNode {
  // Only INSECURE sets a flag; every other variable is text to the schema.
  const value = text.toLowerCase() === 'true' ? true : text;
  return { kind: 'scalar', position: at(found), value, text, substituted: true };
}

function at(found: Variable): Position {
  return { source: found.name, line: undefined, column: undefined };
}

/** gRPC has no path; the specification has it ignored. */
function withoutPath(text: string): string {
  return /^(https?:\/\/[^/]*)\//.exec(text)?.[1] ?? text;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoding; the caller reports it without showing the text, which may be a key.
    return undefined;
  }
}
