import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { taskSetArn, taskSetIdOf } from '../domain/service/arns.ts';
import { requireCluster } from '../queries/clusters.ts';
import { requireService } from '../queries/services.ts';
import { describeTaskSets, taskSetsOf } from './task-set-answers.ts';

/** Describes a service's task sets, all of them or those that are named; what is not there is a failure. */
export const DescribeTaskSets: Handler<ecs.Operations, 'DescribeTaskSets', EcsContext> = async (input, context) =>
  context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { record: service } = await requireService(transaction, cluster, input.service);
    const all = await taskSetsOf(transaction, service);
    const asked = [...new Set(input.taskSets)];
    const found = asked.map((each) => ({
      reference: each,
      set: all.find(({ revisionId }) => revisionId === taskSetIdOf(each, service)),
    }));
    const sets = asked.length === 0 ? all : found.flatMap(({ set }) => (set === undefined ? [] : [set]));
    const failures = found
      .filter(({ set }) => set === undefined)
      .map(({ reference }) => {
        const id = taskSetIdOf(reference, service);
        return { arn: id === undefined ? reference : taskSetArn(service, id), reason: 'MISSING' };
      });
    const withTags = input.include?.includes('TAGS') === true;
    return { taskSets: await describeTaskSets(transaction, service, sets, { now: context.now(), withTags }), failures };
  });
