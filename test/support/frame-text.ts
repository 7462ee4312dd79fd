// Frames as lines of text, so that a test can say in one what it expects:
//
//   SETTINGS 1=4096 3=256     SETTINGS ACK        PING 0102030405060708 ACK
//   HEADERS 1 :status=200     DATA 1 5 END        RST_STREAM 1 REFUSED_STREAM
//   WINDOW_UPDATE 0 32768     GOAWAY 7 ENHANCE_YOUR_CALM

import {
  FrameFlag,
  FrameType,
  Http2Error,
  settingSizeBytes,
} from '../../src/http2/frame-format.ts';
import { DecodeStatus, HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { contentOf, type RawFrame } from './raw-frames.ts';

export class FrameText {
  readonly #decoder = new HpackDecoder();

  /** Header blocks have to come in order, and in one frame each. */
  of(frame: RawFrame): string {
    const { type, flags, streamId, payload } = frame;
    const ack = (flags & FrameFlag.Ack) !== 0 ? ['ACK'] : [];
    const end = (flags & FrameFlag.EndStream) !== 0 ? ['END'] : [];
    switch (type) {
      case FrameType.Data:
        return ['DATA', streamId, contentOf(frame).length, ...end].join(' ');
      case FrameType.Headers:
        return ['HEADERS', streamId, ...this.#fields(contentOf(frame)), ...end].join(' ');
      case FrameType.RstStream:
        return `RST_STREAM ${streamId} ${errorName(payload.readUInt32BE(0))}`;
      case FrameType.Settings:
        return ['SETTINGS', ...settings(payload), ...ack].join(' ');
      case FrameType.Ping:
        return ['PING', payload.toString('hex'), ...ack].join(' ');
      case FrameType.Goaway:
        return `GOAWAY ${payload.readUInt32BE(0)} ${errorName(payload.readUInt32BE(4))}`;
      case FrameType.WindowUpdate:
        return `WINDOW_UPDATE ${streamId} ${payload.readUInt32BE(0)}`;
      default:
        return `frame ${type} ${streamId} ${payload.toString('hex')}`;
    }
  }

  #fields(block: Uint8Array): string[] {
    const fields: string[] = [];
    const status = this.#decoder.decode(block, 0, block.length, {
      field: (name, value) => fields.push(`${name}=${value}`),
    });
    if (status !== DecodeStatus.Ok) throw new Error(`a header block of ours: ${status}`);
    return fields;
  }
}

function settings(payload: Buffer): string[] {
  const values: string[] = [];
  for (let at = 0; at < payload.length; at += settingSizeBytes) {
    values.push(`${payload.readUInt16BE(at)}=${payload.readUInt32BE(at + 2)}`);
  }
  return values;
}

/** PROTOCOL_ERROR for ProtocolError. */
function errorName(code: number): string {
  const name = Object.entries(Http2Error).find(([, value]) => value === code)?.[0];
  return name?.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() ?? `error ${code}`;
}
