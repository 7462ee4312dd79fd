// Characters and tables of JSON text: what stands for itself, what is escaped, and the digits.

export const quote = 0x22;
export const backslash = 0x5c;
export const minus = 0x2d;
export const comma = 0x2c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const colon = 0x3a;
export const padding = 0x3d;
export const hexDigits = Buffer.from('0123456789abcdef');
export const base64Digits = Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
);

/** 1 for the bytes that stand for themselves in a JSON string. */
export const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash ? 1 : 0,
);

export const shortEscapes = new Uint8Array(128);
for (const [from, to] of [
  ['"', '"'],
  ['\\', '\\'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
] as const) {
  shortEscapes[from.charCodeAt(0)] = to.charCodeAt(0);
}
