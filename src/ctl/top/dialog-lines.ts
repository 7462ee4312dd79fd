// The dialog at the bottom of the screen: the form that is filled in, or the plan that somebody has
// to say yes to.

import { Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { bold, dim } from '../text-style.ts';
import { zoneStyle } from '../zone-style.ts';
import { cellWidth, cutTo } from './cell-width.ts';
import type { Dialog, Field, Form } from './dialog.ts';
import type { Glyphs } from './glyphs.ts';
import { fitted, type Line, line, type Span, span } from './line.ts';

export function dialogLines(dialog: Dialog, width: number, glyphs: Glyphs): Line[] {
  const title = ` ${dialog.title} `;
  const rule = glyphs.rule.repeat(Math.max(0, width - cellWidth(title) - 2));
  const lines = [
    line(glyphs.rule.repeat(2), span(title, bold), rule),
    ...body(dialog, width, glyphs),
  ];
  return lines.map((of) => fitted(of, width));
}

function body(dialog: Dialog, width: number, glyphs: Glyphs): Line[] {
  switch (dialog.kind) {
    case 'form':
      return formLines(dialog, width, glyphs);
    case 'waiting':
      return [line('  the engine is asked...'), line(span('  Esc: do not wait', dim))];
    case 'plan':
      return [
        ...dialog.plan.lines.flatMap((text) =>
          wrapped(text, width - 4).map((part) => line(`  ${part}`)),
        ),
        ...wrapped(`undo: ${dialog.plan.undo}`, width - 4).map((part) =>
          line(span(`  ${part}`, dim)),
        ),
        line(span('  Do it? [y/n]', bold)),
      ];
    default:
      return dialog satisfies never;
  }
}

function formLines({ fields, at, fault }: Form, width: number, glyphs: Glyphs): Line[] {
  return [
    ...fields.map((field, index) => fieldLine(field, index === at, width, glyphs)),
    ...(fault === undefined ? [] : [line(span(`  ${fault}`, zoneStyle(Zone.RED)))]),
    line(span('  Enter: next   Tab: other field   Esc: leave it', dim)),
  ];
}

function fieldLine(field: Field, hasFocus: boolean, width: number, glyphs: Glyphs): Line {
  const { name, value, choices } = field;
  const label = span(`${hasFocus ? glyphs.focus : ' '} ${name.padEnd(8)}`, hasFocus ? bold : {});
  if (choices === undefined) return [label, ...textInput(value, hasFocus, width - 11)];
  const words = choices.flatMap((choice): Span[] => [
    choice === value ? span(`[${choice}]`, { isReverse: true }) : span(` ${choice} `),
    span(' '),
  ]);
  return [label, ...words];
}

/** Its end, where the next letter comes. */
export function textInput(value: string, hasFocus: boolean, width: number): Line {
  let shown = value;
  while (cellWidth(shown) > Math.max(0, width - 1)) shown = shown.slice([...shown][0]?.length ?? 1);
  return [span(shown), ...(hasFocus ? [span(' ', { isReverse: true })] : [])];
}

/** At blanks where there are any. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (cellWidth(rest) > width && width > 0) {
    const cut = cutTo(rest, width);
    const blank = cut.lastIndexOf(' ');
    const end = blank > width / 2 ? blank : Math.max(cut.length, [...rest][0]?.length ?? 1);
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return rest === '' && lines.length > 0 ? lines : [...lines, rest];
}
