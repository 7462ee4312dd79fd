// The client's SETTINGS, as far as they concern somebody who only answers (RFC 9113 section 6.5.2).

import {
  framePayloadSizeBytesMax,
  Http2Error,
  readUint32,
  Setting,
  settingSizeBytes,
  windowSizeBytesInitial,
  windowSizeBytesMax,
} from './frame-format.ts';

export class PeerSettings {
  /** Of the streams that we answer on. */
  initialWindowSizeBytes: number = windowSizeBytesInitial;
  /** The peer wants less than the table that RFC 7541 begins with. */
  shrinksTable = false;

  /** NoError when all of the payload was taken over. Unknown settings are passed over. */
  read(bytes: Uint8Array, fromBytes: number, toBytes: number): Http2Error {
    if ((toBytes - fromBytes) % settingSizeBytes !== 0) return Http2Error.FrameSizeError;
    for (let at = fromBytes; at < toBytes; at += settingSizeBytes) {
      const setting = bytes[at]! * 256 + bytes[at + 1]!; // six bytes are left
      const error = this.#take(setting, readUint32(bytes, at + 2));
      if (error !== Http2Error.NoError) return error;
    }
    return Http2Error.NoError;
  }

  #take(setting: number, value: number): Http2Error {
    switch (setting) {
      case Setting.EnablePush:
        return value <= 1 ? Http2Error.NoError : Http2Error.ProtocolError;
      case Setting.InitialWindowSize:
        if (value > windowSizeBytesMax) return Http2Error.FlowControlError;
        this.initialWindowSizeBytes = value;
        return Http2Error.NoError;
      case Setting.MaxFrameSize:
        // Whatever it is, our frames are not larger than the smallest that a peer may ask for.
        return value >= framePayloadSizeBytesMax && value < 2 ** 24
          ? Http2Error.NoError
          : Http2Error.ProtocolError;
      case Setting.HeaderTableSize:
        if (value < tableSizeBytesInitial) this.shrinksTable = true;
        return Http2Error.NoError;
      default:
        // MAX_HEADER_LIST_SIZE concerns long headers; ours are short.
        return Http2Error.NoError;
    }
  }
}

// RFC 7541 section 4.2 and RFC 9113 section 6.5.2.
const tableSizeBytesInitial = 4_096;
