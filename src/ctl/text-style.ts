// How text looks on a terminal that has colours: the few styles that gs-ctl has, and their escape
// sequences. Colours only repeat what a word says.

export interface TextStyle {
  readonly colour?: 'red' | 'green' | 'yellow' | 'cyan';
  readonly isBold?: boolean;
  readonly isDim?: boolean;
  /** Letters and background change places. */
  readonly isReverse?: boolean;
}

export const plain: TextStyle = {};
export const bold: TextStyle = { isBold: true };
export const dim: TextStyle = { isDim: true };

/** For tables, which have colours or nothing at all. */
export function styled(text: string, style: TextStyle, hasColours: boolean): string {
  return hasColours ? withStyle(text, style, true) : text;
}

/**
 * For screens, which are bold, dim and reverse also without colours. The text must be printable
 * already (tls/printable.ts): it stays as it is.
 */
export function withStyle(text: string, style: TextStyle, hasColours: boolean): string {
  const codes = [
    ...(style.isBold ? [1] : []),
    ...(style.isDim ? [2] : []),
    ...(style.isReverse ? [7] : []),
    ...(style.colour !== undefined && hasColours ? [colourCodes[style.colour]] : []),
  ];
  return codes.length === 0 ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}

// ECMA-48 SGR. Eight colours, which the user's terminal shows as its theme wants them.
const colourCodes = { red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Colours are for people at a terminal who have not said that they want none (no-color.org). */
export function wantsColours(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
