// What RFC 9113 section 8.2.1 asks of every field's name and value before anything else looks at
// it: upper case, controls and stray colons in a name, line ends and outer white space in a value
// make the message malformed. On bytes, so that no string is made to be looked at.

/** A name in lower case, or the name of a pseudo-header field: a colon first and nowhere else. */
export function isFieldName(bytes: Uint8Array, fromBytes: number, toBytes: number): boolean {
  const start = bytes[fromBytes] === colon ? fromBytes + 1 : fromBytes;
  if (start >= toBytes) return false;
  for (let index = start; index < toBytes; index += 1) {
    if (!inName[bytes[index]!]) return false; // index < toBytes, and the table has every byte
  }
  return true;
}

/** An empty value is one. */
export function isFieldValue(bytes: Uint8Array, fromBytes: number, toBytes: number): boolean {
  if (fromBytes >= toBytes) return true;
  if (isWhiteSpace(bytes[fromBytes]!) || isWhiteSpace(bytes[toBytes - 1]!)) return false; // inside
  for (let index = fromBytes; index < toBytes; index += 1) {
    const byte = bytes[index]!; // index < toBytes
    if (byte <= carriageReturn && isLineEnd(byte)) return false;
  }
  return true;
}

const space = 0x20;
const tab = 0x09;
const nul = 0x00;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;

function isWhiteSpace(byte: number): boolean {
  return byte === space || byte === tab;
}

/** NUL is no line end, but readers written in C take it for one. */
function isLineEnd(byte: number): boolean {
  return byte === carriageReturn || byte === lineFeed || byte === nul;
}

/** 1 for every byte that may stand in a name. */
const inName = Uint8Array.from({ length: 256 }, (_, byte) => {
  const isUpperCase = byte >= 0x41 && byte <= 0x5a;
  return byte > space && byte < 0x7f && byte !== colon && !isUpperCase ? 1 : 0;
});
