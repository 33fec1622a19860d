/** What the effects of the service scheduler work with, and the check that they share. */
import type { Store, WriteTransaction } from '@oreno/store';
import type { Placement } from '../../domain/placement/placement.ts';
import { findService } from '../../queries/services.ts';
import type { ServiceRecord } from '../../service-records.ts';
import type { ServiceWatch } from '../service-watch.ts';

export interface EffectOptions {
  readonly store: Store;
  readonly placement: Placement;
  readonly watch: ServiceWatch;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** A fresh identifier of 32 hexadecimal digits. */
  readonly newId: () => string;
}

/** The service as it is now; undefined where what the API wants of it is no longer what was decided on. */
export const stillWanted = async (
  transaction: WriteTransaction,
  decided: ServiceRecord,
): Promise<ServiceRecord | undefined> => {
  const current = (await findService(transaction, decided))?.record;
  if (current === undefined) return undefined;
  const isSame =
    current.createdAt === decided.createdAt &&
    current.status === decided.status &&
    current.taskDefinition === decided.taskDefinition &&
    (current.desiredCount === decided.desiredCount || current.schedulingStrategy === 'DAEMON') &&
    JSON.stringify(current.deploymentConfiguration) === JSON.stringify(decided.deploymentConfiguration);
  return isSame ? current : undefined;
};
