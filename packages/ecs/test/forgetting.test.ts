import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReconcilers } from '@oreno/reconcile';
import { reapClusters } from '../src/reconcilers/reap-clusters.ts';
import { openEcsCalls } from './support/ecs-calls.ts';

const HOUR = 3_600_000;

test('a deleted cluster is described as INACTIVE for an hour and then forgotten', async (t) => {
  const { call, store, context, later } = await openEcsCalls(t);
  const reap = async (): Promise<void> => {
    const loop = startReconcilers({ store, now: context.now, log: () => undefined }, [reapClusters(store)]);
    await loop.idle();
    await loop.stop();
  };
  await call('CreateCluster', { clusterName: 'lab' });
  await call('CreateCluster', { clusterName: 'kept' });
  await call('DeleteCluster', { cluster: 'lab' });
  later(HOUR - 1);
  await reap();
  assert.equal((await call('DescribeClusters', { clusters: ['lab'] })).clusters?.[0]?.status, 'INACTIVE');
  later(1);
  await reap();
  const { clusters, failures } = await call('DescribeClusters', { clusters: ['lab', 'kept'] });
  assert.equal(failures?.[0]?.reason, 'MISSING');
  assert.equal(clusters?.[0]?.clusterName, 'kept');
});
