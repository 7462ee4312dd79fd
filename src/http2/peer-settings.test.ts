import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFrame } from '../../test/support/raw-frames.ts';
import { frameHeaderSizeBytes, Http2Error, Setting } from './frame-format.ts';
import { PeerSettings } from './peer-settings.ts';

function read(peer: PeerSettings, ...values: readonly (readonly [number, number])[]): Http2Error {
  const frame = settingsFrame(values);
  return peer.read(frame, frameHeaderSizeBytes, frame.length);
}

test('read() takes over the last value of what concerns us and passes over the rest', () => {
  const peer = new PeerSettings();
  assert.equal(peer.initialWindowSizeBytes, 65_535);
  const error = read(
    peer,
    [Setting.InitialWindowSize, 1],
    [Setting.MaxConcurrentStreams, 0],
    [Setting.MaxHeaderListSize, 0],
    [0xffff, 0xffffffff],
    [Setting.InitialWindowSize, 2 ** 31 - 1],
  );
  assert.equal(error, Http2Error.NoError);
  assert.equal(peer.initialWindowSizeBytes, 2 ** 31 - 1);
});

test('read() refuses values that are none', () => {
  const wrong = [
    [Setting.EnablePush, 2, Http2Error.ProtocolError],
    [Setting.InitialWindowSize, 2 ** 31, Http2Error.FlowControlError],
    [Setting.MaxFrameSize, 16_383, Http2Error.ProtocolError],
    [Setting.MaxFrameSize, 2 ** 24, Http2Error.ProtocolError],
  ] as const;
  for (const [setting, value, error] of wrong) {
    assert.equal(read(new PeerSettings(), [setting, value]), error);
  }
  const right = [
    [Setting.EnablePush, 0],
    [Setting.EnablePush, 1],
    [Setting.MaxFrameSize, 16_384],
    [Setting.MaxFrameSize, 2 ** 24 - 1],
  ] as const;
  assert.equal(read(new PeerSettings(), ...right), Http2Error.NoError);
  assert.equal(new PeerSettings().read(new Uint8Array(7), 0, 7), Http2Error.FrameSizeError);
});

test('read() notices who wants a smaller table than usual', () => {
  for (const [sizeBytes, shrinks] of [
    [4_096, false],
    [65_536, false],
    [4_095, true],
    [0, true],
  ] as const) {
    const peer = new PeerSettings();
    read(peer, [Setting.HeaderTableSize, sizeBytes], [Setting.HeaderTableSize, 65_536]);
    assert.equal(peer.shrinksTable, shrinks);
  }
});
