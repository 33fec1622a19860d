/**
 * Forgets container instances an hour after they were deregistered; until then they can be described as
 * INACTIVE, as on ECS.
 */
import type { Reconciler } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { keyText, readKeyText } from './key-text.ts';

export interface ForgetInstance {
  readonly kind: 'forgetInstance';
  readonly record: ContainerInstanceRecord;
}

/** Milliseconds for which a deregistered instance is remembered. */
export const REMEMBERED_FOR = 3_600_000;

const SWEEP = 600_000;

/** The decision: an instance goes when its hour is over. */
export const decideForgettingInstance: Reconciler<ContainerInstanceRecord, ForgetInstance>['decide'] = (
  record,
  now,
) => {
  if (record.status !== 'INACTIVE') return { steps: [] };
  const wakeAt = (record.deregisteredAt ?? 0) + REMEMBERED_FOR;
  return now >= wakeAt ? { steps: [{ kind: 'forgetInstance', record }] } : { steps: [], wakeAt };
};

export const reapContainerInstances = (store: Store): Reconciler<ContainerInstanceRecord, ForgetInstance> => ({
  name: 'ecs-reap-container-instances',
  keysOf: ({ table, key, kind, version }) =>
    table === containerInstances.name && kind === 'put' && version > 1 ? [keyText(key)] : [],
  keys: async (transaction) => {
    // Those that are registered sort first, without a time.
    const rows = await transaction.list(containerInstances, { index: 'byDeregisteredAt', from: 0 });
    return rows.map(({ record }) =>
      keyText([record.account, record.region, record.clusterName, record.containerInstanceId]),
    );
  },
  read: async (transaction, key) => {
    const [account = '', region = '', clusterName = '', containerInstanceId = ''] = readKeyText(key).map(String);
    const id = { account, region, clusterName, containerInstanceId };
    return (await transaction.get(containerInstances, id))?.record;
  },
  decide: decideForgettingInstance,
  perform: {
    forgetInstance: async ({ record: { account, region, clusterName, containerInstanceId } }) => {
      await store.update(async (transaction) => {
        const id = { account, region, clusterName, containerInstanceId };
        const row = await transaction.get(containerInstances, id);
        if (row?.record.status === 'INACTIVE') await transaction.delete(containerInstances, id);
      });
    },
  },
  sweepEvery: SWEEP,
});
