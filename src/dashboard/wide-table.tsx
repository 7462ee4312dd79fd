// A table that may be wider than the screen: then it scrolls by itself, also with the keyboard.

import type { ComponentChildren } from 'preact';
import { ScrollBox } from './scroll-box.tsx';

export interface TableColumn {
  readonly name: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

export interface WideTableProps {
  readonly title: string;
  readonly columns: readonly TableColumn[];
  /** The first cell names its row. */
  readonly rows: readonly {
    readonly key: string | number;
    readonly cells: readonly ComponentChildren[];
  }[];
  /** In place of rows, if there are none. */
  readonly empty: string;
}

export function WideTable({ title, columns, rows, empty }: WideTableProps) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const place = (index: number) => (columns[index]?.isNumber === true ? 'number' : '');
  return (
    <ScrollBox class="wide" title={title}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name }, index) => (
              <th key={name} scope="col" class={place(index)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => {
                const name = columns[index]?.name;
                if (index === 0)
                  return (
                    <th key={name} scope="row">
                      {cell}
                    </th>
                  );
                return (
                  <td key={name} class={place(index)}>
                    {cell}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
