import { AwsError } from '@oreno/aws-wire';

/**
 * The control plane's CloudWatch Logs, as the spool sees it: an operation in, its output or an error out. What an
 * error means for the entry that was sent is decided here, by its code.
 */
export interface LogsUpstream {
  /**
   * Calls one operation with the agent's own credentials. Throws {@link AwsError} for what the server answered, any
   * other error when no answer came within `timeoutMs`.
   */
  readonly call: (
    operation: string,
    input: unknown,
    options: { readonly region: string; readonly timeoutMs: number },
  ) => Promise<unknown>;
}

/**
 * What to do after a failed call: `retry` it later, treat the thing as `exists`ing already, deal with its being
 * `missing`, or give it up because the server `refused` it.
 */
export type UpstreamOutcome = 'retry' | 'exists' | 'missing' | 'refused';

const OUTCOMES: Readonly<Record<string, UpstreamOutcome>> = {
  ResourceAlreadyExistsException: 'exists',
  DataAlreadyAcceptedException: 'exists',
  ResourceNotFoundException: 'missing',
  // The agent's own keys are renewed, the clock is set right, the server is brought back: none of it is the lines' fault.
  UnrecognizedClientException: 'retry',
  InvalidClientTokenId: 'retry',
  InvalidSignatureException: 'retry',
  ExpiredTokenException: 'retry',
  RequestExpired: 'retry',
  RequestTimeoutException: 'retry',
  MissingAuthenticationTokenException: 'retry',
  ThrottlingException: 'retry',
  RequestThrottledException: 'retry',
  TooManyRequestsException: 'retry',
  LimitExceededException: 'retry',
  OperationAbortedException: 'retry',
  ServiceUnavailableException: 'retry',
  ServiceUnavailable: 'retry',
  ServerException: 'retry',
  InternalFailure: 'retry',
  InternalServerError: 'retry',
  InternalServerException: 'retry',
};

/** An answer that is not an AWS service's: a proxy's page, or somebody else on the port. */
const isForeign = ({ code }: AwsError): boolean => code.startsWith('HTTP ');

/** Reads the error of a call to the control plane. */
export const outcomeOf = (error: unknown): UpstreamOutcome =>
  error instanceof AwsError && !isForeign(error) ? (OUTCOMES[error.code] ?? 'refused') : 'retry';

/** Whether a stream failed on its own rather than the whole server: only then may the others go on. */
export const concernsOneStream = (error: unknown): boolean =>
  error instanceof AwsError &&
  ['ThrottlingException', 'LimitExceededException', 'OperationAbortedException'].includes(error.code);
