/** Forgets clusters an hour after they were deleted; until then they can be described as INACTIVE, as on ECS. */
import type { Reconciler } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { clusters } from '../records.ts';
import type { ClusterRecord } from '../records.ts';
import { keyText, readKeyText } from './key-text.ts';

export interface ForgetCluster {
  readonly kind: 'forgetCluster';
  readonly record: ClusterRecord;
}

/** Milliseconds for which a deleted cluster is remembered. */
const REMEMBERED_FOR = 3_600_000;

const SWEEP = 600_000;

/** The decision: a cluster goes when its hour is over. */
export const decideForgettingCluster: Reconciler<ClusterRecord, ForgetCluster>['decide'] = (record, now) => {
  if (record.status !== 'INACTIVE') return { steps: [] };
  const wakeAt = (record.inactiveAt ?? 0) + REMEMBERED_FOR;
  return now >= wakeAt ? { steps: [{ kind: 'forgetCluster', record }] } : { steps: [], wakeAt };
};

export const reapClusters = (store: Store): Reconciler<ClusterRecord, ForgetCluster> => ({
  name: 'ecs-reap-clusters',
  keysOf: ({ table, key, kind }) => (table === clusters.name && kind === 'put' ? [keyText(key)] : []),
  keys: async (transaction) => {
    const rows = await transaction.list(clusters);
    return rows
      .filter(({ record }) => record.status === 'INACTIVE')
      .map(({ record }) => keyText([record.account, record.region, record.clusterName]));
  },
  read: async (transaction, key) => {
    const [account = '', region = '', clusterName = ''] = readKeyText(key).map(String);
    return (await transaction.get(clusters, { account, region, clusterName }))?.record;
  },
  decide: decideForgettingCluster,
  perform: {
    forgetCluster: async ({ record: { account, region, clusterName } }) => {
      await store.update(async (transaction) => {
        const row = await transaction.get(clusters, { account, region, clusterName });
        if (row?.record.status === 'INACTIVE') await transaction.delete(clusters, { account, region, clusterName });
      });
    },
  },
  sweepEvery: SWEEP,
});
