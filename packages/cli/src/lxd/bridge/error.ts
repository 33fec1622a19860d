/** Errors as they cross the bridge: a code for programs, a text for people, and what to do. */

/** As it stands in an answer's `error` member. */
export interface BridgeErrorBody {
  /** One of a small set that callers decide by: `invalid-config`, `not-found`, `unreachable`, `cancelled` … */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** An end that was foreseen; anything else reaches the caller as `internal`, with its stack. */
export class BridgeError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;

  constructor(code: string, message: string, options: { readonly remedy?: string; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'BridgeError';
    this.code = code;
    this.remedy = options.remedy;
  }

  body(): BridgeErrorBody {
    const { code, message, remedy } = this;
    return remedy === undefined ? { code, message } : { code, message, remedy };
  }
}
