import type { RequestContext } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';

/** What every CloudWatch handler works with, besides the request. */
export interface CloudWatchContext extends RequestContext {
  readonly store: Store;
}
