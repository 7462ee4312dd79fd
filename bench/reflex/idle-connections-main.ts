// The process behind idle-connections.ts. An engine may let a connection wait before its handshake:
// that is no fault, so what counts is whether a connection that was accepted is ended.
//
// Arguments: port, number of connections, CA, certificate and key files.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';

const [, , port = '', count = '', ...files] = process.argv;
const [ca, cert, key] = files.map((path) => readFileSync(path));
// Client preface and an empty SETTINGS frame (RFC 9113 section 3.4).
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
/** At once, as agents do that start together. */
const burst = 50;
const greetingMsMax = 15_000;
/** Nobody was greeted for so long: the others wait. */
const stillMs = 1_500;
let greeted = 0;
let lastGreetedMs = performance.now();
let ended = 0;

process.on('message', () => process.send?.(ended));
process.on('disconnect', () => process.exit(0));
for (let started = 0; started < Number(count); started += 1) {
  open();
  if (started % burst === burst - 1) await pause(10);
}
const untilMs = performance.now() + greetingMsMax;
while (greeted < Number(count) && performance.now() < untilMs) {
  if (performance.now() - lastGreetedMs > stillMs) break;
  await pause(50);
}
process.send?.('ready');

function open(): TLSSocket {
  const socket = connect({
    ...{ port: Number(port), host: '127.0.0.1', servername: 'localhost' },
    ...{ ca, cert, key, ALPNProtocols: ['h2'] },
  });
  socket.on('secureConnect', () => {
    greeted += 1;
    lastGreetedMs = performance.now();
    socket.write(preface);
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', () => {
    ended += 1;
  });
  socket.resume();
  return socket;
}
