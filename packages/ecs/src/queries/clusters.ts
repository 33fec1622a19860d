/** Reading clusters, and making sure that one is there. */
import type { ReadTransaction, Row, WriteTransaction } from '@oreno/store';
import { clusterNameOf } from '../domain/cluster-reference.ts';
import { newCluster } from '../domain/cluster/new-cluster.ts';
import { clientException, clusterNotFound } from '../domain/errors.ts';
import { clusters } from '../records.ts';
import type { ClusterRecord, Scope } from '../records.ts';

/** The cluster of that name, whatever its status. */
export const findCluster = (
  transaction: ReadTransaction,
  { account, region }: Scope,
  clusterName: string,
): Promise<Row<ClusterRecord> | undefined> => transaction.get(clusters, { account, region, clusterName });

/**
 * The ACTIVE cluster that a request names (`default` when it names none). Throws ClusterNotFoundException when
 * there is none, ClientException when it was deleted, and what {@link clusterNameOf} throws.
 */
export const requireCluster = async (
  transaction: ReadTransaction,
  scope: Scope,
  reference: string | undefined,
): Promise<Row<ClusterRecord>> => {
  const row = await findCluster(transaction, scope, clusterNameOf(reference, scope));
  if (row === undefined) throw clusterNotFound();
  if (row.record.status !== 'ACTIVE') throw clientException('The referenced cluster was inactive.');
  return row;
};

/** Makes the cluster when it is not there or was deleted, as the server does for `default` at its start. */
export const ensureCluster = async (
  transaction: WriteTransaction,
  scope: Scope,
  clusterName: string,
  now: number,
): Promise<void> => {
  const row = await findCluster(transaction, scope, clusterName);
  if (row?.record.status === 'ACTIVE') return;
  await transaction.put(clusters, newCluster(scope, clusterName, {}, now));
};
