import type { RequestContext } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import type { AlarmSource } from './deployment-alarms.ts';
import type { Placement } from './domain/placement/placement.ts';
import type { ServiceTasks } from './reconcilers/service-tasks.ts';

/** What every ECS handler works with, besides the request. Made once by the room and bound to each call. */
export interface EcsContext extends RequestContext {
  readonly store: Store;
  /** Where tasks fit: the incrementally kept view and the batch placement over it. */
  readonly placement: Placement;
  /** CloudWatch's alarms, which deployments can be watched by. */
  readonly alarms: AlarmSource;
  /** The tasks of services, kept from call to call. */
  readonly serviceTasks: ServiceTasks;
  /** Asks whether the caller may do something more than call the operation; throws AccessDeniedException. */
  readonly authorize: (action: string, resources: readonly string[]) => Promise<void>;
  /** A fresh identifier of 32 hexadecimal digits, as task and container instance ids have them. */
  readonly newId: () => string;
}
