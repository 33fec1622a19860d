/** Who asks, and the part of IAM that knows them. */
import type { CallFacts, Principal } from '@oreno/aws-wire';
import type { IamRoom } from '@oreno/iam';

/** The part of IAM that ECR uses. */
export type EcrIam = Pick<IamRoom, 'credentials' | 'authorizer' | 'seal' | 'unseal'>;

/** Who asks, in the registry of which account and region. */
export interface Caller {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
  /** How the request came; not told of a password, which is made for many. */
  readonly call?: CallFacts | undefined;
}
