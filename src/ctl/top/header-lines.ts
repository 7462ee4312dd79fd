// The top of the screen: which engine, how old what is shown is, its zone and why.

import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { eventWords } from '../event-text.ts';
import { durationText } from '../quantity-text.ts';
import { overrideText, spanText } from '../status-table.ts';
import { bold, dim, type TextStyle } from '../text-style.ts';
import { zoneStyle } from '../zone-style.ts';
import { zoneTitle } from '../zone-text.ts';
import {
  fitted,
  joined,
  type Line,
  leftAndRight,
  line,
  lineWidth,
  type Span,
  span,
} from './line.ts';
import { type Live, shownLive, type TopState } from './top-state.ts';

/** Two lines, and a third one where there is more to be said. */
export function headerLines(state: TopState, width: number, nowMs: number): Line[] {
  const live = shownLive(state);
  const notes = noteParts(live, nowMs);
  const right = stateWords(state, nowMs);
  const left = joined(engineParts(live), Math.max(0, width - lineWidth(right) - 1));
  return [
    leftAndRight(left, right, width),
    fitted(zoneWords(live), width),
    ...(notes.length === 0 ? [] : [joined(notes, width)]),
  ];
}

/** What is shown is not of this moment, and nothing newer comes. */
export function isStale({ link, pausedIn }: Live): boolean {
  return link.kind === 'lost' || pausedIn !== undefined;
}

function engineParts({ status, address }: Live): Line[] {
  const { host = '-', version = '-', uptime } = status ?? {};
  return [
    line(span(`GopherShip ${host}`, bold)),
    line(`(${address})`),
    line(version),
    line(`up ${spanText(uptime)}`),
  ];
}

function stateWords(state: TopState, nowMs: number): Line {
  const live = shownLive(state);
  const { status, statusMs } = live;
  const time =
    status?.time === undefined
      ? []
      : [
          span(`${new Date(timestampMs(status.time)).toISOString().slice(11, 19)}Z`),
          span(`  ${ageText(nowMs - statusMs)} old  `, dim),
        ];
  return [...time, stateWord(state)];
}

function stateWord({ frozen, live }: TopState): Span {
  if (frozen !== undefined) return span('FROZEN', { isReverse: true });
  if (live.link.kind === 'lost') return span('LOST', { ...zoneStyle(Zone.RED), isReverse: true });
  return live.pausedIn === undefined ? span('live') : span('PAUSED', { isReverse: true });
}

function zoneWords(live: Live): Line {
  const { status, pausedIn } = live;
  const zone = status?.zone;
  if (pausedIn !== undefined && pausedIn !== zone?.zone) {
    return line(badge(pausedIn), ` ${lastChange(live) ?? 'the engine tells only its zone'}`);
  }
  if (zone === undefined) return line('no status yet');
  const asked =
    zone.computedZone === zone.zone ? '' : ` (signals ask for ${zoneTitle(zone.computedZone)})`;
  const since = zone.duration === undefined ? '' : ` for ${spanText(zone.duration)}`;
  return line(badge(zone.zone), `${asked}${since}: ${zone.reason}`);
}

function badge(zone: Zone): Span {
  const style: TextStyle = { ...zoneStyle(zone), isReverse: true };
  return span(` ${zoneTitle(zone)} `, style);
}

/** Events come in every zone. */
function lastChange({ events, pausedIn }: Live): string | undefined {
  const last = events.findLast(({ event }) => event.case === 'zoneChange');
  if (last?.event.case !== 'zoneChange' || last.event.value.to !== pausedIn) return undefined;
  return eventWords(last).detail;
}

function noteParts(live: Live, nowMs: number): Line[] {
  const { link, status, pausedIn, statusMs } = live;
  const zone = status?.zone;
  const override = overrideText(zone);
  const texts = [
    ...(link.kind === 'lost' ? [lostText(link, nowMs)] : []),
    ...(pausedIn === undefined
      ? []
      : [
          `live view paused in ${zoneTitle(pausedIn)}: figures are ${ageText(nowMs - statusMs)} old`,
        ]),
    ...(status?.isDraining ? ['draining: the engine stops'] : []),
    ...(override === undefined ? [] : [`override: ${override}`]),
    ...(zone?.observesOnly ? ['zones.observe_only: the zone does not act'] : []),
  ];
  return texts.map((text) => line(span(text, bold)));
}

function lostText(link: Extract<Live['link'], { kind: 'lost' }>, nowMs: number): string {
  const leftMs = Math.max(0, link.againMs - nowMs);
  const again = leftMs === 0 ? 'trying again' : `trying again in ${Math.ceil(leftMs / 1_000)}s`;
  return `${again}: ${link.why}`;
}

function ageText(ms: number): string {
  return durationText(Math.max(0, Math.floor(ms / 1_000)) * 1_000).replace(/^0ms$/, '0s');
}
