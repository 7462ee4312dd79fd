// Loaded before the engine in each of its threads (`node --import`): notes when a shard turns Red
// by itself, and when the next message that has come whole is appended to the vault. What is
// patched are methods of classes that only a shard uses.

import { Shard } from '../../src/engine/shard.ts';
import { VaultRingDoor } from '../../src/engine/vault-ring-door.ts';
import { ShardSignals } from '../../src/memory/zone-page.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { localReflexChannel } from './local-reflex-channel.ts';

const channel = new BroadcastChannel(localReflexChannel);
channel.unref();
/** NaN: nothing is waited for. */
let redSinceMs = Number.NaN;
let isAccepting = false;

const { setLocalZone } = ShardSignals.prototype;
ShardSignals.prototype.setLocalZone = function (zone) {
  redSinceMs = zone === Zone.Red ? performance.now() : Number.NaN;
  setLocalZone.call(this, zone);
};

// Only what is appended while a message is taken counts: an append of a batch that waits for a
// destination has nothing to do with the reflex.
const { accept } = Shard.prototype;
Shard.prototype.accept = function (call) {
  isAccepting = true;
  accept.call(this, call);
  isAccepting = false;
};

const { append } = VaultRingDoor.prototype;
VaultRingDoor.prototype.append = function (entry) {
  append.call(this, entry);
  if (!isAccepting || Number.isNaN(redSinceMs)) return;
  const tookMs = performance.now() - redSinceMs;
  redSinceMs = Number.NaN;
  setImmediate(() => channel.postMessage(tookMs));
};
