/**
 * What every handler is told about a request besides its input. Made once by the dispatcher, after the
 * signature was checked; handlers read it and never the HTTP request.
 */
/** Who signed the request, as IAM sees the caller. */
export interface Principal {
  readonly type: 'root' | 'user' | 'assumed-role';
  /** `arn:aws:iam::<account>:root`, `…:user/<name>` or `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string;
  readonly account: string;
  readonly accessKeyId: string;
  /** What `sts:GetCallerIdentity` answers as UserId. */
  readonly userId: string;
  /** The role of a session, with its path. */
  readonly roleArn?: string | undefined;
  /** When temporary credentials were issued, in milliseconds since the epoch. */
  readonly issuedAt?: number | undefined;
  /** Names of the managed policies that a session was issued with: what it may do. */
  readonly sessionPolicies?: readonly string[] | undefined;
}

/** How a request came: what conditions of policies may ask for besides who sent it. */
export interface CallFacts {
  readonly sourceIp: string;
  readonly userAgent: string;
  /** Whether it came by TLS. */
  readonly isSecure: boolean;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** The context of one call. Times are milliseconds since the epoch. */
export interface RequestContext {
  /** Twelve digits; the account of the caller, whose records the call works on. */
  readonly account: string;
  /** The region of the credential scope; records are kept apart by account and region. */
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  /** How it came. */
  readonly call: CallFacts;
  /** Scheme, host and port under which the client reached this server, without a trailing slash. */
  readonly origin: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}
