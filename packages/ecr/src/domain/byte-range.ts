/**
 * The two range headers of the registry: `Range` on downloads (RFC 9110 section 14) and `Content-Range` on the
 * chunks of an upload (OCI distribution specification, "Pushing a blob in chunks"). All positions are inclusive.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

const oneSpec = /^(?:(\d+)-(\d*)|-(\d+))$/;

type Spec = 'invalid' | 'unsatisfiable' | Span;

const readSpec = (text: string, size: number): Spec => {
  const match = oneSpec.exec(text);
  if (!match) return 'invalid';
  const [, first, last, suffix] = match;
  if (first === undefined) {
    const length = Number(suffix);
    return length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' || last === undefined ? Number.POSITIVE_INFINITY : Number(last);
  // An interval that ends before it starts is rejected rather than ignored: RFC 9110 section 14.2 leaves the choice.
  return start >= size || end < start ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
};

/**
 * What a `Range` header asks of a blob of `size` bytes. A syntactically wrong header, another unit, or more than
 * one satisfiable range is answered with the whole blob, as RFC 9110 section 14.2 allows.
 */
export const readRange = (header: string | undefined, size: number): 'whole' | 'unsatisfiable' | Span => {
  const set = header === undefined ? undefined : /^bytes\s*=(.*)$/i.exec(header)?.[1];
  if (set === undefined) return 'whole';
  const specs = set
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => readSpec(part, size));
  if (specs.length === 0 || specs.includes('invalid')) return 'whole';
  const spans = specs.filter((spec) => typeof spec === 'object');
  if (spans.length === 0) return 'unsatisfiable';
  return spans.length === 1 && spans[0] !== undefined ? spans[0] : 'whole';
};

/** Reads a chunk's `Content-Range`, `<first>-<last>` with or without a unit and a total; undefined when malformed. */
export const readChunkRange = (header: string): Span | undefined => {
  const match = /^(?:bytes[ =])?\s*(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
  if (!match) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]);
  return end < start ? undefined : { start, end };
};
