/** What goes wrong, as classes: the server's code and text, what was asked for, and what to do about it. */

export interface LxdErrorDetails {
  /** The server's code: an HTTP status, or that of a failed operation. */
  readonly code?: number | undefined;
  /** `POST /1.0/instances`, or what an operation calls itself ("Creating instance"). */
  readonly operation?: string | undefined;
  /** The instance, image or other thing that it was about. */
  readonly subject?: string | undefined;
  /** Of a failed operation: what the server told beside its text. */
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  readonly cause?: unknown;
}

const mostLines = 5;

const summaryOf = (text: string): string => {
  const lines = text.split('\n');
  if (lines.length <= mostLines) return text;
  return `${lines[0]} (and ${lines.length - 1} lines more)`;
};

/** Any failure of a call. `message` says what was asked for, the server's text, and the remedy where one is known. */
export class LxdError extends Error {
  override readonly name: string = 'LxdError';
  readonly code: number | undefined;
  readonly operation: string | undefined;
  readonly subject: string | undefined;
  /** The server's own text, whole. */
  readonly text: string;
  /** The text as it is in `message`: its beginning, where a program behind it said a line for every file. */
  readonly summary: string;
  readonly metadata: LxdErrorDetails['metadata'];

  constructor(text: string, details: LxdErrorDetails = {}, hint = '') {
    const what = [details.operation, details.subject].filter(Boolean).join(' ');
    const summary = summaryOf(text);
    const stop = /[.!?)]$/.test(summary) ? '' : '.';
    super([what && `${what}: `, summary, hint && `${stop} ${hint}`].filter(Boolean).join(''), { cause: details.cause });
    this.text = text;
    this.summary = summary;
    this.code = details.code;
    this.operation = details.operation;
    this.subject = details.subject;
    this.metadata = details.metadata;
  }
}

/** There is no such instance, image, file … (404). */
export class NotFoundError extends LxdError {
  override readonly name = 'NotFoundError';
}

/** The name is taken, or the thing is in use or being changed (409, or a failed operation that says so). */
export class ConflictError extends LxdError {
  override readonly name = 'ConflictError';
}

/** Somebody else changed it since it was read (412). */
export class ChangedError extends LxdError {
  override readonly name = 'ChangedError';
}

/** The server does not trust the caller, or forbids this (401, 403). */
export class ForbiddenError extends LxdError {
  override readonly name = 'ForbiddenError';
}

/** No server answers at the address: none is installed or started, or the connection was cut. */
export class ConnectionError extends LxdError {
  override readonly name = 'ConnectionError';
}

/** The server lacks an API extension that the call needs. */
export class NotSupportedError extends LxdError {
  override readonly name = 'NotSupportedError';
}

/** A limit of the project, or the space of a pool, is used up. */
export class QuotaError extends LxdError {
  override readonly name = 'QuotaError';
}

/** It did not come to pass in time. */
export class TimeoutError extends LxdError {
  override readonly name = 'TimeoutError';
}

const conflictTexts =
  /already exists|already in use|is in use|already running|already stopped|unique constraint failed|non-reusable operation/i;

const quotaTexts = /reached maximum|exceed|quota|no space left on device/i;

/** Incus tells some of them without the code for it, and LXD that of a token which was used or never made. */
const forbiddenTexts = /does not have permissions? for|no pending identities found/i;

/** What to do about what servers tell often. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /image.*not found|image not provided|couldn't find.*image|alias.*not found/i,
    'lxd.images.list() tells which there are.',
  ],
  [/not an answer of LXD/i, 'Is this its address?'],
  [/no root device/i, 'Give it a profile or a device that has a root disk.'],
  [/address already in use/i, 'Choose another port or address, or end what listens there.'],
  [/already exists|already in use|unique constraint failed/i, 'Choose another name, or delete what has it.'],
  [/instance is not running/i, 'Start it first.'],
  [/(instance|already) is? ?running/i, 'Stop it first.'],
];

const hintOf = (text: string): string => hints.find(([pattern]) => pattern.test(text))?.[1] ?? '';

/** The error for a code and a text of the server. */
export const errorOf = (text: string, details: LxdErrorDetails): LxdError => {
  const { code } = details;
  const hint = hintOf(text);
  if (code === 404 || /not found$|^image not provided/i.test(text)) return new NotFoundError(text, details, hint);
  if (code === 409 || conflictTexts.test(text)) return new ConflictError(text, details, hint);
  if (quotaTexts.test(text)) {
    return new QuotaError(text, details, 'Delete what is not needed, or raise the limit of the project or pool.');
  }
  if (code === 412) return new ChangedError(text, details, 'It was changed since it was read: read it again.');
  if (code === 401 || code === 403 || forbiddenTexts.test(text)) {
    return new ForbiddenError(text, details, "The server does not trust this client's certificate for it.");
  }
  return new LxdError(text, details, hint);
};
