// What is typed into the fields of a replay plan, as a plan; or what is wrong with it.

import type {
  ReplayOrderJson,
  ReplayPlanJson,
} from '../generated/gophership/control/v1/replay_pb.js';
import { timeJson } from './wire-json.ts';

export interface PlanFields {
  readonly order: 'configured' | 'oldest' | 'newest';
  /** MiB/s; empty: as configured. */
  readonly rate: string;
  /** As a field for date and time gives it, in local time; empty: no bound. */
  readonly from: string;
  readonly to: string;
}

export const emptyPlan: PlanFields = { order: 'configured', rate: '', from: '', to: '' };

const MiB = 1024 * 1024;

/** Throws an Error that names the field. */
export function replayPlan(fields: PlanFields): ReplayPlanJson {
  const from = timeOf('from', fields.from);
  const to = timeOf('to', fields.to);
  if (from !== undefined && to !== undefined && from >= to) {
    throw new Error('"from" must be before "to"');
  }
  const rate = fields.rate.trim() === '' ? undefined : Number(fields.rate);
  if (rate !== undefined && !(rate > 0 && Number.isFinite(rate))) {
    throw new Error('the rate must be a number of MiB/s above 0');
  }
  return {
    order: orders[fields.order],
    ...(rate === undefined ? {} : { rateBytesPerSecond: rate * MiB }),
    ...(from === undefined && to === undefined
      ? {}
      : {
          range: {
            ...(from === undefined ? {} : { from: timeJson(from) }),
            ...(to === undefined ? {} : { to: timeJson(to) }),
          },
        }),
  };
}

/** As `gs-ctl replay start` would do it. */
export function planWords({ order, rate, from, to }: PlanFields): string[] {
  const isConfigured = order === 'configured';
  return [
    isConfigured ? 'in the order of the configuration' : `${order} first`,
    rate.trim() === '' ? 'as fast as configured' : `at ${rate.trim()} MiB/s`,
    from === '' && to === ''
      ? 'everything'
      : ['what was received', from && `from ${spaced(from)}`, to && `before ${spaced(to)}`]
          .filter((text) => text !== '')
          .join(' '),
  ];
}

const orders: Readonly<Record<PlanFields['order'], ReplayOrderJson>> = {
  configured: 'REPLAY_ORDER_UNSPECIFIED',
  oldest: 'REPLAY_ORDER_OLDEST',
  newest: 'REPLAY_ORDER_NEWEST',
};

function timeOf(name: string, text: string): number | undefined {
  if (text === '') return undefined;
  const ms = new Date(text).getTime();
  if (Number.isNaN(ms)) throw new Error(`"${name}" is no date and time`);
  return ms;
}

function spaced(dateTime: string): string {
  return dateTime.replace('T', ' ');
}
