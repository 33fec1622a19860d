/**
 * What went wrong in a call to the engine. `kind` says what a caller may do about it: `response` means that the
 * engine refused (see `status`), `connection` that nobody answered or the answer broke off, `timeout` that it took
 * too long; the call may have had its effect in the latter two.
 */
export type EngineErrorKind = 'response' | 'connection' | 'timeout';

export class EngineError extends Error {
  readonly kind: EngineErrorKind;
  /** HTTP status; 0 unless `kind` is `response`. An error inside a progress stream has the status 500. */
  readonly status: number;
  /** Which call, in words: `create container`. */
  readonly operation: string;
  /** The container, image, network or volume it was about. */
  readonly subject: string | undefined;

  constructor(
    kind: EngineErrorKind,
    status: number,
    message: string,
    operation: string,
    subject?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'EngineError';
    this.kind = kind;
    this.status = status;
    this.operation = operation;
    this.subject = subject;
  }
}

/** True when the engine answered that there is no such thing. */
export const isNotFound = (error: unknown): boolean => error instanceof EngineError && error.status === 404;

/** True when the engine answered that the thing is there already or in use. */
export const isConflict = (error: unknown): boolean => error instanceof EngineError && error.status === 409;

/** True when the engine could not be asked at all: it is down or going down. */
export const isEngineAway = (error: unknown): boolean => error instanceof EngineError && error.kind === 'connection';
