// TypeScript text with comments, and strings if wanted, replaced by spaces: enough of a scanner for
// rules that look for words in code. Lengths and line breaks stay, so offsets remain true.

export function blankComments(text: string): string {
  return blank(text, false);
}

export function blankCommentsAndStrings(text: string): string {
  return blank(text, true);
}

// A slash after one of these begins a regular expression, after anything else it divides.
const beforeRegex =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|yield|await))\s*$/;

function blank(text: string, strings: boolean): string {
  const result = [...text.split('')];
  const erase = (from: number, to: number) => {
    for (let at = from; at < to; at++) if (result[at] !== '\n') result[at] = ' ';
  };
  // Depths of `{` at which a template literal goes on after its `${...}` ends.
  const templateDepths: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text[at] ?? '';
    let end = at + 1;
    if (two === '//' || two === '/*') {
      end = two === '//' ? findEnd(text, at, '\n', 0) : findEnd(text, at + 2, '*/', 2);
      erase(at, end);
    } else if (one === "'" || one === '"') {
      end = endOfQuoted(text, at + 1, one);
      if (strings) erase(at, end);
    } else if (one === '`' || (one === '}' && templateDepths.at(-1) === depth)) {
      if (one === '}') templateDepths.pop();
      const part = endOfTemplatePart(text, at + 1);
      end = part.end;
      if (part.opens) templateDepths.push(depth);
      if (strings) erase(at, end);
    } else if (one === '/' && beforeRegex.test(result.slice(Math.max(0, at - 40), at).join(''))) {
      end = endOfRegex(text, at + 1);
      if (strings) erase(at, end);
    } else if (one === '{') depth += 1;
    else if (one === '}') depth -= 1;
    at = end;
  }
  return result.join('');
}

function findEnd(text: string, from: number, mark: string, extra: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + extra;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

function endOfTemplatePart(text: string, from: number): { end: number; opens: boolean } {
  let at = from;
  while (at < text.length && text[at] !== '`') {
    if (text.startsWith('${', at)) return { end: at + 2, opens: true };
    at += text[at] === '\\' ? 2 : 1;
  }
  return { end: at + 1, opens: false };
}

function endOfRegex(text: string, from: number): number {
  let at = from;
  let inClass = false;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}
