// The command line that takes a change of the override back, to be pasted into a shell.

import { durationMs } from '@bufbuild/protobuf/wkt';
import type { Override } from '../generated/gophership/control/v1/control_pb.js';
import { printable } from '../tls/printable.ts';
import type { TargetFlags } from './target.ts';
import { zoneWord } from './zone-text.ts';

/** @param before the override that was there; one of the configuration comes back by itself */
export function undoCommand(before: Override | undefined, flags: TargetFlags): string {
  const target = targetWords(flags);
  const left = before?.left;
  if (before === undefined || left === undefined) {
    return ['gs-ctl override clear --reason undo', ...target].join(' ');
  }
  const ttl = `${Math.max(1, Math.round(durationMs(left) / 1_000))}s`;
  const words = ['--ttl', ttl, '--reason', shellWord(before.reason), ...target];
  return ['gs-ctl override set', zoneWord(before.zone), ...words].join(' ');
}

/** The flags that name the engine, as words of a command line. */
export function targetWords(flags: TargetFlags): string[] {
  return (['context', 'address', 'ca', 'cert', 'key'] as const).flatMap((name) => {
    const value = flags[name];
    return value === undefined ? [] : [`--${name}`, shellWord(value)];
  });
}

/** One word to a POSIX shell. The text may be another operator's. */
function shellWord(text: string): string {
  const shown = printable(text);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
