// `grpc-message`: UTF-8 text, percent-encoded so that it is a legal header value (gRPC over HTTP/2,
// "Status-Message"). Peers get it wrong, so decoding never fails.

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const hexDigits = '0123456789ABCDEF';

/**
 * Bytes from space to tilde stand for themselves, except the percent sign, and spaces at an end: a
 * header value must not have them there (RFC 9113 section 8.2.1), and clients drop one that has.
 */
export function encodeStatusMessage(text: string): string {
  let encoded = '';
  const bytes = encoder.encode(text);
  for (const [index, byte] of bytes.entries()) {
    const isInner = index > 0 && index < bytes.length - 1;
    const plain = byte >= (isInner ? 0x20 : 0x21) && byte <= 0x7e && byte !== 0x25;
    encoded += plain
      ? String.fromCharCode(byte)
      : `%${hexDigits[byte >> 4]}${hexDigits[byte & 0x0f]}`;
  }
  return encoded;
}

/**
 * A percent sign that starts no escape stands for itself; bytes that are no UTF-8 become U+FFFD.
 */
export function decodeStatusMessage(encoded: string): string {
  if (!encoded.includes('%')) return encoded;
  // Header values reach us as one character a byte, so raw UTF-8 from careless peers is decoded as
  // well.
  const raw = Buffer.from(encoded, 'latin1');
  const bytes = new Uint8Array(raw.length);
  let lengthBytes = 0;
  for (let index = 0; index < raw.length; index += 1) {
    const escaped = raw[index] === 0x25 ? hexByte(raw, index + 1) : -1;
    if (escaped >= 0) index += 2;
    bytes[lengthBytes++] = escaped >= 0 ? escaped : raw[index]!; // index < raw.length
  }
  return decoder.decode(bytes.subarray(0, lengthBytes));
}

/** -1 when there are not two hex digits at `index`. */
function hexByte(bytes: Uint8Array, index: number): number {
  if (index + 1 >= bytes.length) return -1;
  const high = hexDigit(bytes[index]!); // index + 1 < bytes.length
  const low = hexDigit(bytes[index + 1]!);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
