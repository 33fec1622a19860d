import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { pageSize } from '../paging.ts';

/** Services by their AWS Cloud Map namespace. There is no Cloud Map here, so there is no namespace to find. */
export const ListServicesByNamespace: Handler<ecs.Operations, 'ListServicesByNamespace', EcsContext> = async (
  input,
) => {
  pageSize(input.maxResults);
  throw new AwsError('NamespaceNotFoundException', `The namespace ${input.namespace} was not found.`);
};
