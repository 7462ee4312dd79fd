// Objects out of a stream of JSON lines, however the bytes are cut.

/** Of one line: more is no answer of an engine. */
export const lineLengthMax = 1024 * 1024;

export async function* jsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line);
      if (rest.length > lineLengthMax) throw new Error(`a line of more than ${lineLengthMax}`);
    }
    if (rest !== '') yield JSON.parse(rest);
  } finally {
    // Who stops reading has no use for the rest, and an error of it tells nobody anything.
    reader.cancel().catch(() => {});
  }
}
