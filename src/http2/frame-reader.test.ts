import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dataFrame, frame, pingFrame, settingsFrame } from '../../test/support/raw-frames.ts';
import { clientPreface, FrameFlag, FrameType } from './frame-format.ts';
import { FrameReader } from './frame-reader.ts';

/** What the sink is told; parts of DATA that follow each other are one. */
class Log {
  readonly events: string[] = [];
  readonly reader: FrameReader;

  constructor() {
    this.reader = new FrameReader({
      frame: (type, flags, streamId, bytes, from, to) =>
        void this.events.push(`frame ${type} ${flags} ${streamId} ${hex(bytes, from, to)}`),
      dataStart: (streamId, flags, sizeBytes, paddingSizeBytes) =>
        void this.events.push(`data ${streamId} ${flags} ${sizeBytes}+${paddingSizeBytes} `),
      dataPart: (bytes, from, to) => {
        assert.ok(from < to);
        this.events.push(`${this.events.pop()}${hex(bytes, from, to)}`);
      },
      dataEnd: () => void this.events.push('end'),
      unreadable: (error, reason) => void this.events.push(`error ${error} ${reason}`),
    });
  }

  read(...pieces: readonly Uint8Array[]): string[] {
    for (const piece of pieces) {
      const copy = Uint8Array.from(piece);
      this.reader.read(copy);
      copy.fill(0xee); // as who reads the socket may do
    }
    return this.events;
  }
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString('hex');
}

function eventsOf(...frames: readonly Uint8Array[]): string[] {
  return new Log().read(Buffer.concat([clientPreface, ...frames]));
}

test('read() hands on frames, and the data of DATA without its padding', () => {
  const events = eventsOf(
    settingsFrame(),
    frame(0xfa, 0xff, 2 ** 31 - 1, Buffer.of(1, 2)),
    dataFrame(3, Buffer.of(4, 5, 6), { endStream: true }),
    dataFrame(3, Buffer.of(7), { padSizeBytes: 2 }),
    dataFrame(3, Buffer.alloc(0)),
    dataFrame(3, Buffer.alloc(0), { padSizeBytes: 0 }),
  );
  assert.deepEqual(events, [
    'frame 4 0 0 ',
    'frame 250 255 2147483647 0102',
    ...['data 3 1 3+0 040506', 'end', 'data 3 8 1+3 07', 'end'],
    ...['data 3 0 0+0 ', 'end', 'data 3 8 0+1 ', 'end'],
  ]);
});

test('read() does not read the reserved bit of an identifier', () => {
  const bytes = frame(0xfa, 0, 5);
  bytes[5] = 0x80;
  assert.deepEqual(eventsOf(bytes), ['frame 250 0 5 ']);
});

test('read() gives the same whatever pieces the bytes come in', () => {
  const frames = fc.array(
    fc.oneof(
      fc.constant(pingFrame(Buffer.from('12345678'))),
      fc
        .nat(300)
        .map((size) => frame(FrameType.Headers, FrameFlag.EndHeaders, 1, Buffer.alloc(size, 1))),
      fc.nat(300).map((size) => dataFrame(1, Buffer.alloc(size, 2))),
      fc
        .tuple(fc.nat(20), fc.nat(255))
        .map(([size, padSizeBytes]) => dataFrame(1, Buffer.alloc(size, 3), { padSizeBytes })),
      fc.constant(frame(FrameType.Data, FrameFlag.Padded, 1, Buffer.of(9, 1))),
    ),
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
  fc.assert(
    fc.property(frames, cuts, (sent, sizes) => {
      const bytes = Buffer.concat([clientPreface, ...sent]);
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes[pieces.length % sizes.length]!;
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(new Log().read(...pieces), new Log().read(bytes));
    }),
    { numRuns: 300 },
  );
});

test('read() says what is no HTTP/2, once, and reads no further', () => {
  const long = frame(FrameType.Headers, 0, 1, Buffer.alloc(0), 16_385);
  const cases = [
    [[Buffer.from('PRI * HTTP/1')], ['error 1 preface']],
    [[clientPreface, long], ['error 6 frame size']],
    [[clientPreface, frame(FrameType.Data, 0, 1, Buffer.alloc(0), 16_385)], ['error 6 frame size']],
    [[clientPreface, frame(FrameType.Data, FrameFlag.Padded, 1)], ['error 6 frame size']],
    [
      [clientPreface, frame(FrameType.Data, FrameFlag.Padded, 1, Buffer.of(1))],
      ['error 1 pad length'],
    ],
  ] as const;
  for (const [sent, expected] of cases) {
    const whole = Buffer.concat([...sent, pingFrame()]);
    assert.deepEqual(new Log().read(whole), expected);
    const bytes = Array.from(whole, (byte) => Buffer.of(byte));
    assert.deepEqual(new Log().read(...bytes), expected);
  }
});

test('read() takes frames of 16,384 bytes', () => {
  const events = eventsOf(frame(FrameType.Headers, 4, 1, Buffer.alloc(16_384)), pingFrame());
  assert.equal(events.length, 2);
});

test('halt() ends read() behind the frame, which goes on there', () => {
  const bytes = Buffer.concat([
    clientPreface,
    pingFrame(Buffer.from('abcdefgh')),
    pingFrame(),
    pingFrame(),
  ]);
  const at: string[] = [];
  const sink = {
    frame: () => {
      at.push('ping');
      if (at.length === 1) reader.halt();
    },
    ...{ dataStart() {}, dataPart() {}, dataEnd() {}, unreadable: () => assert.fail() },
  };
  const reader = new FrameReader(sink);
  const readBytes = reader.read(bytes);
  assert.deepEqual([readBytes, at.length], [clientPreface.length + 17, 1]);
  assert.deepEqual([reader.read(bytes.subarray(readBytes)), at.length], [34, 3]);
});

test('stop() ends it for good', () => {
  const log = new Log();
  log.read(clientPreface, pingFrame());
  log.reader.stop();
  assert.equal(log.read(pingFrame()).length, 1);
});
