// The last line of the screen: what was done, what is being typed, or which keys there are.

import { Zone } from '../../generated/gophership/control/v1/control_pb.js';
import { bold, dim } from '../text-style.ts';
import { zoneStyle } from '../zone-style.ts';
import { textInput } from './dialog-lines.ts';
import { fitted, joined, type Line, line, span } from './line.ts';
import type { TopState } from './top-state.ts';

export function footerLine(state: TopState, width: number, nowMs: number): Line {
  const { notice, isTyping, filter } = state;
  if (isTyping) return fitted([span('/', bold), ...textInput(filter, true, width - 1)], width);
  if (notice !== undefined && notice.untilMs > nowMs) {
    return fitted(line(span(notice.text, notice.kind === 'fault' ? faultStyle : bold)), width);
  }
  const hints = keys.map(([key, text]) => line(span(key, bold), span(` ${text}`, dim)));
  return joined(hints, width);
}

const faultStyle = { ...zoneStyle(Zone.RED) };

const keys = [
  ['?', 'help'],
  ['q', 'quit'],
  ['/', 'filter'],
  ['e', 'events'],
  ['l', 'ledger'],
  ['o', 'override'],
  ['p', 'replay'],
  ['Tab', 'pane'],
  ['Space', 'freeze'],
] as const;
