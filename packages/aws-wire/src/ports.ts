/**
 * What the wire needs to be told about callers: whose key signed a request, and whether that principal may do
 * what it asks. Implemented by the iam package.
 */
import type { CallFacts, Principal } from './request-context.ts';

/** Why an access key is refused, in the words of the JSON protocols; the query protocol's names follow from them. */
export type CredentialProblem = 'UnrecognizedClientException' | 'ExpiredTokenException';

export interface FoundCredentials {
  readonly secretAccessKey: string;
  readonly principal: Principal;
}

export interface CredentialSource {
  /** The secret and the owner of an access key; for temporary keys (`ASIA…`) the session token must fit the key. */
  lookup(accessKeyId: string, sessionToken: string | undefined): Promise<FoundCredentials | CredentialProblem>;
}

export interface AuthorizationRequest {
  readonly principal: Principal;
  /** `<service>:<Operation>`, for example `ecs:RunTask`. */
  readonly action: string;
  /** ARNs the action touches; `['*']` when it is not about one resource. */
  readonly resources: readonly string[];
  readonly region: string;
  /** Left out where nobody called: the server does by itself what somebody asked for before. */
  readonly call?: CallFacts | undefined;
  /**
   * The resource-based policies of one of the resources, as JSON texts. Where a service has such policies they decide
   * beside those of the principal, and another account's principal needs one that lets it in.
   */
  readonly policiesOf?: ((resource: string) => Promise<readonly string[]>) | undefined;
}

export interface Authorizer {
  /** Returns when the policies allow it; throws {@link AwsError} `AccessDeniedException` when not. */
  authorize(request: AuthorizationRequest): Promise<void>;
}
