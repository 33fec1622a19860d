/** Forgets capacity providers an hour after they were deleted; until then they can be described as INACTIVE. */
import type { Reconciler } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { capacityProviders } from '../capacity-records.ts';
import type { CapacityProviderRecord } from '../capacity-records.ts';
import { keyText, readKeyText } from './key-text.ts';

export interface ForgetCapacityProvider {
  readonly kind: 'forgetCapacityProvider';
  readonly record: CapacityProviderRecord;
}

/** Milliseconds for which a deleted capacity provider is remembered. */
const REMEMBERED_FOR = 3_600_000;

const SWEEP = 600_000;

/** The decision: a capacity provider goes when its hour is over. */
export const decideForgettingCapacityProvider: Reconciler<CapacityProviderRecord, ForgetCapacityProvider>['decide'] = (
  record,
  now,
) => {
  if (record.status !== 'INACTIVE') return { steps: [] };
  const wakeAt = (record.deletedAt ?? 0) + REMEMBERED_FOR;
  return now >= wakeAt ? { steps: [{ kind: 'forgetCapacityProvider', record }] } : { steps: [], wakeAt };
};

export const reapCapacityProviders = (store: Store): Reconciler<CapacityProviderRecord, ForgetCapacityProvider> => ({
  name: 'ecs-reap-capacity-providers',
  keysOf: ({ table, key, kind }) => (table === capacityProviders.name && kind === 'put' ? [keyText(key)] : []),
  keys: async (transaction) => {
    const rows = await transaction.list(capacityProviders, { index: 'byDeletedAt', from: 0 });
    return rows.map(({ record }) => keyText([record.account, record.region, record.name]));
  },
  read: async (transaction, key) => {
    const [account = '', region = '', name = ''] = readKeyText(key).map(String);
    return (await transaction.get(capacityProviders, { account, region, name }))?.record;
  },
  decide: decideForgettingCapacityProvider,
  perform: {
    forgetCapacityProvider: async ({ record: { account, region, name } }) => {
      await store.update(async (transaction) => {
        const row = await transaction.get(capacityProviders, { account, region, name });
        if (row?.record.status === 'INACTIVE') await transaction.delete(capacityProviders, { account, region, name });
      });
    },
  },
  sweepEvery: SWEEP,
});
