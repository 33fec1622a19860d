/** Splits a stream of JSON values, one a line, as the engine writes progress, events and stats. */
export async function* jsonValues<T>(source: AsyncIterable<Buffer | string>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', start)) {
      const line = rest.slice(start, end).trim();
      start = end + 1;
      if (line !== '') yield JSON.parse(line) as T;
    }
    rest = rest.slice(start);
  }
  const last = (rest + decoder.decode()).trim();
  if (last !== '') yield JSON.parse(last) as T;
}
