// What the `debug` destination prints of a request: one line a record, or everything. Whatever
// producers put into their records must not drive the reader's terminal.

/** The OTLP/JSON of one request, as LogsJson writes it; all members may be absent. */
interface LogsRequestJson {
  readonly resourceLogs?: readonly {
    readonly scopeLogs?: readonly { readonly logRecords?: readonly LogRecordJson[] }[];
  }[];
}

interface LogRecordJson {
  readonly timeUnixNano?: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValueJson;
  readonly attributes?: readonly KeyValueJson[];
}

interface KeyValueJson {
  readonly key?: string;
  readonly value?: AnyValueJson;
}

type AnyValueJson = Readonly<Record<string, unknown>>;

/** One line a record: time, severity, body, attributes. */
export function recordLines(json: string): readonly string[] {
  const request = JSON.parse(json) as LogsRequestJson; // our own transcoder wrote it
  return (request.resourceLogs ?? [])
    .flatMap(({ scopeLogs }) => scopeLogs ?? [])
    .flatMap(({ logRecords }) => logRecords ?? [])
    .map((record) => escapeControls(recordLine(record)));
}

/** The whole request, indented. */
export function detailedLines(json: string): readonly string[] {
  return JSON.stringify(JSON.parse(json), undefined, 2).split('\n').map(escapeControls);
}

/** Control characters and those that turn the writing direction, as \uXXXX. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function recordLine(record: LogRecordJson): string {
  const severity = record.severityText ?? String(record.severityNumber ?? '-');
  const attributes = (record.attributes ?? []).map(
    ({ key, value }) => ` ${key ?? ''}=${valueText(value)}`,
  );
  const time = timeText(record.timeUnixNano);
  return `${time} ${severity} ${valueText(record.body)}${attributes.join('')}`;
}

function timeText(nanos: string | undefined): string {
  if (nanos === undefined) return '-';
  const date = new Date(Number(BigInt(nanos) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? nanos : date.toISOString();
}

/** Scalars as they are, lists as JSON. */
function valueText(value: AnyValueJson | undefined): string {
  const [scalar] = Object.values(value ?? {});
  if (scalar === undefined) return '';
  return typeof scalar === 'object' ? JSON.stringify(scalar) : String(scalar);
}
