// A child process's side of the IPC channel to the demo: typed messages, and an end when the demo
// has gone. Ctrl-C reaches all processes of a terminal; only the demo decides what it means.

import type { FromChild, ToChild } from './demo-messages.ts';

export function tellParent(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

export function listenToParent(heard: (message: ToChild) => void): void {
  process.on('message', (message) => heard(message as ToChild)); // the demo sends nothing else
  process.on('disconnect', () => process.exit());
  process.on('SIGINT', () => {});
}
