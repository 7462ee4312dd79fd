// Quantities over the last 15 minutes as lines, drawn by uPlot, with a legend that is a table: what
// each was last, or under the pointer, and the most it was. Lines differ by dashes, too.

import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { ChartScale } from './chart-scale.ts';
import type { HistoryFeed } from './history-feed.ts';
import type { Quantity } from './sample-history.ts';

export interface ChartLine {
  readonly name: string;
  readonly quantity: Quantity;
}

export interface LineChartProps {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly feed: HistoryFeed;
  readonly scale: ChartScale;
}

export function LineChart({ title, lines, feed, scale }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const pointed = useSignal<number | undefined>(undefined);
  useEffect(() => {
    if (place.current === null) return undefined;
    return drawn(place.current, { lines, feed, scale, pointed });
  }, [feed]);
  const { history } = feed;
  void history.version.value;
  const at = Math.min(pointed.value ?? Number.POSITIVE_INFINITY, history.timesMs.length - 1);
  const timeMs = history.timesMs[at];
  const when = pointed.value === undefined || timeMs === undefined ? 'now' : clockText(timeMs);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div class="chart-place" ref={place} role="img" aria-label={`${title} of the last minutes`} />
      <table class="legend">
        <thead>
          <tr>
            <th scope="col">{title === '' ? 'line' : <span class="unseen">line</span>}</th>
            <th scope="col">{when}</th>
            <th scope="col">most</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ name, quantity }, index) => (
            <tr key={name}>
              <th scope="row">
                <LineSample index={index} /> {name}
              </th>
              <td>{textOf(history.column(quantity)[at], scale.text)}</td>
              <td>{textOf(most(history.column(quantity)), scale.text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function LineSample({ index }: { readonly index: number }) {
  return (
    <svg class={`sample line-${index}`} viewBox="0 0 24 4" aria-hidden="true" focusable="false">
      <line x1="0" x2="24" y1="2" y2="2" stroke-dasharray={dashes[index]?.join(' ')} />
    </svg>
  );
}

/** By line; the colours are in page.css. */
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 2, 2, 2], [1, 3], [12, 4]];

function textOf(amount: number | null | undefined, text: (amount: number) => string): string {
  return typeof amount === 'number' ? text(amount) : '-';
}

function most(column: readonly (number | null)[]): number | null {
  return column.reduce(
    (top, amount) => (amount !== null && amount > (top ?? -1) ? amount : top),
    null,
  );
}

interface Drawing extends Pick<LineChartProps, 'lines' | 'feed' | 'scale'> {
  /** Index of the sample under the pointer. */
  readonly pointed: Signal<number | undefined>;
}

const heightPx = 150;

/** Draws until the function that it returns is called. */
function drawn(place: HTMLElement, drawing: Drawing): () => void {
  const { history } = drawing.feed;
  const chart = new uPlot(chartOptions(place, drawing), dataOf(drawing), place);
  const stopHearing = history.version.subscribe(() => chart.setData(dataOf(drawing)));
  const sizes = new ResizeObserver(() => {
    if (place.clientWidth > 0) chart.setSize({ width: place.clientWidth, height: heightPx });
  });
  sizes.observe(place);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const redraw = () => chart.redraw();
  scheme.addEventListener('change', redraw);
  return () => {
    scheme.removeEventListener('change', redraw);
    sizes.disconnect();
    stopHearing();
    chart.destroy();
  };
}

function dataOf({ lines, feed: { history } }: Drawing): uPlot.AlignedData {
  // uPlot's type for the columns can be written to; it only reads.
  const columns = lines.map(({ quantity }) => [...history.column(quantity)]);
  return [history.timesMs.map((ms) => ms / 1_000), ...columns];
}

function chartOptions(place: HTMLElement, { lines, feed, scale, pointed }: Drawing): uPlot.Options {
  const { history } = feed;
  const colour = (name: string) => getComputedStyle(place).getPropertyValue(name);
  const axis: uPlot.Axis = {
    stroke: () => colour('--dim'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: Math.max(place.clientWidth, 100),
    height: heightPx,
    legend: { show: false },
    // Charts of the page point at the same moment.
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'gophership' } },
    scales: {
      x: { time: true, range: (_, __, max) => [max - history.spanMs / 1_000, max] },
      y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        values: (_, splits, __, ___, stepSeconds) =>
          splits.map((second) => clockText(second * 1_000, stepSeconds < 60)),
      },
      { ...axis, size: 72, values: (_, splits) => splits.map(scale.text), incrs: [...scale.steps] },
    ],
    series: [
      {},
      ...lines.map((line, index) => ({
        label: line.name,
        stroke: () => colour(`--line-${index}`),
        width: 1.5,
        dash: [...(dashes[index] ?? [])],
        points: { show: false },
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx } }) => {
          pointed.value = idx ?? undefined;
        },
      ],
    },
  };
}

function clockText(ms: number, hasSeconds = true): string {
  return new Date(ms).toLocaleTimeString('en-GB', { timeStyle: hasSeconds ? 'medium' : 'short' });
}
