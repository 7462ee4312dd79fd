// Nested facts as lines, for gs-ctl and for `gophership vault inspect`: `name: value`, what is
// below a name indented.

import { printable } from '../tls/printable.ts';

export function factLines(value: unknown): string {
  return lines(value, '');
}

function lines(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return `${printable(String(value))}\n`;
  return Object.entries(value)
    .map(([name, inner]: [string, unknown]) => {
      const isLeaf = typeof inner !== 'object' || inner === null;
      const label = Array.isArray(value) ? `- ${name}` : printable(name);
      if (isLeaf) return `${indent}${label}: ${lines(inner, '')}`;
      const nested = lines(inner, `${indent}  `);
      return `${indent}${label}:${nested === '' ? ' none\n' : `\n${nested}`}`;
    })
    .join('');
}
