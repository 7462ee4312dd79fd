// Which of the text forms a client of /metrics asks for.

export interface MetricsFormat {
  readonly openMetrics: boolean;
  readonly contentType: string;
}

const text: MetricsFormat = {
  openMetrics: false,
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
};

const openMetrics: MetricsFormat = {
  openMetrics: true,
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** More than any client names; what comes after them is not looked at. */
const rangesMax = 32;

/**
 * The form that the header Accept prefers. Plain text for whoever names neither: it is what every
 * scraper and a person with curl can read, so nobody is refused.
 */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  if (accept === undefined) return text;
  let openQuality = 0;
  let textQuality = 0;
  for (const range of accept.split(',', rangesMax)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (isOpenMetrics(type, parameters)) openQuality = Math.max(openQuality, quality);
    else if (textTypes.has(type)) textQuality = Math.max(textQuality, quality);
  }
  return openQuality > 0 && openQuality >= textQuality ? openMetrics : text;
}

const textTypes: ReadonlySet<string> = new Set(['text/plain', 'text/*', '*/*']);

/** Versions before 1.0 had other rules. */
function isOpenMetrics(type: string, parameters: readonly string[]): boolean {
  if (type !== 'application/openmetrics-text') return false;
  const version = parameter(parameters, 'version');
  return version === undefined || version === '1.0.0';
}

/** RFC 9110, 12.4.2; what is no number counts as 1. */
function qualityOf(parameters: readonly string[]): number {
  const quality = Number(parameter(parameters, 'q') ?? 1);
  return Number.isNaN(quality) ? 1 : quality;
}

function parameter(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((one) => one.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replaceAll('"', '');
}
