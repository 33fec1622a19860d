/** What IAM's and STS's handlers are told besides their input. */
import type { RequestContext } from '@oreno/aws-wire';
import type { Sessions } from './sessions.ts';

export interface IamContext extends RequestContext {
  readonly sessions: Sessions;
}
