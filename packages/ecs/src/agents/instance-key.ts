/** Names a container instance inside this folder: one string for maps, made from the record's key. */
import type { Scope } from '../records.ts';

export interface InstanceKey extends Scope {
  readonly clusterName: string;
  readonly containerInstanceId: string;
}

/** Account, region, cluster and id in one string: none of them can hold a slash. */
export const instanceName = ({ account, region, clusterName, containerInstanceId }: InstanceKey): string =>
  `${account}/${region}/${clusterName}/${containerInstanceId}`;

/** The key's four values without the rest of a record. */
export const instanceKey = ({ account, region, clusterName, containerInstanceId }: InstanceKey): InstanceKey => ({
  account,
  region,
  clusterName,
  containerInstanceId,
});
