// Loaded before the engine in each of its threads (`node --import`): notes when a shard turns Red
// by itself, when the next message has come whole, and when that is appended to the vault. What is
// patched are methods of classes that only a shard uses.

import { Shard } from '../../src/engine/shard.ts';
import { VaultRingDoor } from '../../src/engine/vault-ring-door.ts';
import { ShardSignals } from '../../src/memory/zone-page.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { type LocalReflexTimes, localReflexChannel } from './local-reflex-channel.ts';

const channel = new BroadcastChannel(localReflexChannel);
channel.unref();
/** NaN: nothing is waited for. */
let redSinceMs = Number.NaN;
/** NaN: no message is being taken. */
let acceptedMs = Number.NaN;

const { setLocalZone } = ShardSignals.prototype;
ShardSignals.prototype.setLocalZone = function (zone) {
  redSinceMs = zone === Zone.Red ? performance.now() : Number.NaN;
  setLocalZone.call(this, zone);
};

// Only what is appended while a message is taken counts: an append of a batch that waits for a
// destination has nothing to do with the reflex.
const { accept } = Shard.prototype;
Shard.prototype.accept = function (call) {
  acceptedMs = performance.now();
  accept.call(this, call);
  acceptedMs = Number.NaN;
};

const { append } = VaultRingDoor.prototype;
VaultRingDoor.prototype.append = function (entry) {
  append.call(this, entry);
  if (Number.isNaN(acceptedMs + redSinceMs)) return;
  const times: LocalReflexTimes = {
    arrivedMs: acceptedMs - redSinceMs,
    appendedMs: performance.now() - acceptedMs,
  };
  redSinceMs = Number.NaN;
  setImmediate(() => channel.postMessage(times));
};
