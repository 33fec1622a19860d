/** What a handler of the fake server gets, and what it answers. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface FakeRequest {
  readonly method: string;
  /** Below `/1.0`, without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly project: string;
}

export type FakeReply =
  | { readonly metadata: unknown; readonly etag?: string; readonly location?: string }
  | { readonly operation: { readonly id: string; readonly view: Fields } }
  | { readonly bytes: Buffer | string; readonly headers?: Readonly<Record<string, string>> };

export type FakeHandler = (request: FakeRequest, ...names: string[]) => FakeReply | Promise<FakeReply>;

/** A method, a pattern of the path whose groups are the names in it, and who answers. */
export type FakeRoute = readonly [method: string, pattern: RegExp, handler: FakeHandler];

/** Answered with its code and text, as LXD words it. */
export class FakeFailure extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

export const done: FakeReply = { metadata: {} };

export type Fields = Record<string, unknown>;

/** The request's JSON; 400 as LXD answers it. */
export const fieldsOf = ({ body }: FakeRequest): Fields => {
  try {
    return JSON.parse(body.toString() || '{}') as Fields;
  } catch {
    throw new FakeFailure(400, 'invalid character in JSON');
  }
};

export const etagOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** 412 when the request was made for another state of the thing. */
export const checkMatch = ({ headers }: FakeRequest, current: unknown): void => {
  const wanted = headers['if-match'];
  if (wanted !== undefined && wanted !== etagOf(current)) throw new FakeFailure(412, 'Precondition failed');
};

/** A config whose values are no texts is refused, as LXD refuses it. */
export const checkTexts = (config: unknown): void => {
  const bad = Object.values((config ?? {}) as Fields).find((value) => typeof value !== 'string');
  if (bad !== undefined) {
    throw new FakeFailure(400, `json: cannot unmarshal ${typeof bad} into Go struct field of type string`);
  }
};
