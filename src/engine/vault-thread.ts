// Entry point of the vault thread: opens the vault, then does one turn of its loop after the other
// and sleeps on the doorbell in between. It never returns to an event loop while it serves, so that
// nothing can come between an entry and its fdatasync; messages are looked for now and then.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { stderrLog } from '../log.ts';
import { Arena } from '../memory/arena.ts';
import { VaultLinks } from '../memory/vault-links.ts';
import { VaultPage } from '../memory/vault-page.ts';
import { ZonePage } from '../memory/zone-page.ts';
import type { OpenVault } from '../vault/join-vault.ts';
import { openVault } from '../vault/open-vault.ts';
import type {
  FromVault,
  LetterReply,
  LetterTask,
  ReplayToVault,
  ToVault,
  VaultStart,
} from './vault-messages.ts';

assert(parentPort !== null, 'vault-thread is not started as a thread');
const mainThread = parentPort;
const start: VaultStart = workerData; // the supervisor starts this file, and only with a VaultStart
const log = stderrLog(start.logs, systemClock);

const wakeUp = { kind: 'vault' } as const;

/** A thread that never idles looks for messages this often. */
const messagesIntervalMs = 50;

try {
  const { vault: config, layout, shardCount, shardPorts } = start;
  const arena = Arena.attach(start.memory, layout);
  const regions = layout.vault;
  assert(regions !== undefined, 'arena without regions for the vault');
  const links = new VaultLinks(arena.buffer, regions.links, shardCount);
  const vault = openVault({
    config,
    memory: arena.memory,
    writerRegion: regions.writer,
    links,
    page: new VaultPage(arena.buffer, regions.page.offsetBytes),
    zones: new ZonePage(arena.buffer, layout.zonePage, shardCount),
    consumers: start.consumers,
    software: start.version,
    clock: systemClock,
    log,
    wake(shardIndex) {
      shardPorts[shardIndex]?.postMessage(wakeUp);
    },
  });
  const { directory, vaultUuid, direct, cursors, report } = vault;
  const snapshots = cursors.snapshots();
  tell({ kind: 'ready', directory, vaultUuid, direct, cursors: snapshots, report });
  serve(vault, links);
  tell({ kind: 'closed' });
} catch (error) {
  if (!(error instanceof GopherShipError)) throw error;
  tell({ kind: 'refused', code: error.code, message: error.message });
}

function serve(vault: OpenVault, links: VaultLinks): void {
  let lookedMs = systemClock.nowMs();
  for (;;) {
    const rings = links.vaultBell.count;
    const restMs = vault.loop.step();
    const nowMs = systemClock.nowMs();
    if (restMs > 0 || nowMs - lookedMs >= messagesIntervalMs) {
      lookedMs = nowMs;
      // First: what the replay thread had to say was sent before we are told to close.
      const mustClose = received<ToVault>(mainThread).some(({ kind }) => kind === 'close');
      for (const message of received<ReplayToVault>(start.replayPort)) {
        if (message.kind === 'damage') vault.reportDamage(message);
        else workLetters(vault, links, message);
      }
      if (mustClose) break;
    }
    if (restMs > 0) links.vaultBell.sleep(rings, restMs);
  }
  vault.close();
}

function workLetters(vault: OpenVault, links: VaultLinks, { id, work }: LetterTask): void {
  const reply: LetterReply = { kind: 'letters', id, result: vault.workLetters(work) };
  start.replayPort.postMessage(reply);
  links.replayBell.ring();
}

/** What has come over a port. Its other side is a file of ours, which sends nothing else. */
function received<Message>(port: Parameters<typeof receiveMessageOnPort>[0]): Message[] {
  const messages: Message[] = [];
  for (;;) {
    const arrived: { message: Message } | undefined = receiveMessageOnPort(port);
    if (arrived === undefined) return messages;
    messages.push(arrived.message);
  }
}

function tell(message: FromVault): void {
  mainThread.postMessage(message);
}
