// How a zone looks where there are colours.

import { Zone } from '../generated/gophership/control/v1/control_pb.js';
import { plain, type TextStyle } from './text-style.ts';

export function zoneStyle(zone: Zone | undefined): TextStyle {
  switch (zone) {
    case Zone.GREEN:
      return { colour: 'green' };
    case Zone.YELLOW:
      return { colour: 'yellow', isBold: true };
    case Zone.RED:
      return { colour: 'red', isBold: true };
    default: // also of a later engine
      return plain;
  }
}
