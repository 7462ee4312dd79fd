// How many columns of a terminal a text takes: most characters take one, marks that join the one
// before take none, and those of East Asia and most pictures take two.

/** Of printable text (tls/printable.ts). */
export function cellWidth(text: string): number {
  if (isNarrow.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** Its beginning, in at most so many columns. */
export function cutTo(text: string, width: number): string {
  if (isNarrow.test(text)) return text.slice(0, Math.max(0, width));
  let taken = 0;
  let end = 0;
  for (const character of text) {
    taken += widthOf(character);
    if (taken > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

const isNarrow = /^[\u0020-\u007e]*$/;

function widthOf(character: string): 0 | 1 | 2 {
  if (joins.test(character)) return 0;
  return isWide.test(character) ? 2 : 1;
}

// Marks, format characters but the soft hyphen, and the vowels and finals of Hangul syllables.
const joins = /^(?!\u00ad)[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;

// What Unicode's EastAsianWidth.txt calls W or F, in ranges that are whole blocks, and pictures
// that are shown as such by themselves.
const isWide = new RegExp(
  [
    '^[\\u1100-\\u115f\\u2329\\u232a\\u2e80-\\u303e\\u3041-\\u4dbf\\u4e00-\\ua4cf\\ua960-\\ua97c',
    '\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6',
    '\\u{16fe0}-\\u{18cff}\\u{1aff0}-\\u{1b2ff}\\u{1f200}-\\u{1f2ff}\\u{20000}-\\u{3fffd}',
    '\\p{Emoji_Presentation}]$',
  ].join(''),
  'u',
);
