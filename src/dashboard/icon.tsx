// The icons of the page: shapes that differ without their colour. A word always stands beside them,
// so that they are not read aloud.

import type { ZoneWord } from './zone-word.ts';

export type IconName = ZoneWord | 'clock' | 'warning' | 'good' | 'waiting' | 'bad' | 'operator';

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} fill-rule="evenodd" />
    </svg>
  );
}

const disc = 'M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0Z';
const triangle = 'M8 .8 16 15H0Z';
const octagon = 'M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7Z';
const tick = 'M3.6 8.3l1.3-1.3 2 2 4.2-4.4 1.3 1.3-5.5 5.8Z';
const exclamation = 'M7.1 5.5h1.8l-.3 4.7H7.4ZM7.1 11.4h1.8v1.8H7.1Z';

const paths: Readonly<Record<IconName, string>> = {
  green: disc + tick,
  yellow: triangle + exclamation,
  red: `${octagon}M5 4.5h2v7H5Zm4 0h2v7H9Z`,
  unknown: `${disc}M7.1 10.6h1.8v1.8H7.1ZM5 6.2a3 3 0 1 1 4 2.8v.6H7.1V7.8a1.3 1.3 0 1 0-.4-1.6Z`,
  clock: `${disc}M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM7.2 4h1.6v3.7l2.4 2.4-1.1 1.1-2.9-2.9Z`,
  warning: triangle + exclamation,
  good: disc + tick,
  waiting: `${disc}M4 7h2v2H4Zm3 0h2v2H7Zm3 0h2v2h-2Z`,
  bad: `${octagon}M4.9 6.2l1.3-1.3L8 6.7l1.8-1.8 1.3 1.3L9.3 8l1.8 1.8-1.3 1.3L8 9.3l-1.8 1.8-1.3-1.3L6.7 8Z`,
  operator: 'M8 1a3.2 3.2 0 1 1 0 6.4A3.2 3.2 0 0 1 8 1ZM1.5 15c0-3.6 2.6-6 6.5-6s6.5 2.4 6.5 6Z',
};
