/** Writes where a BLUE_GREEN deployment stands: its stage, and the hooks that it waits at. */
import type { WriteTransaction } from '@oreno/store';
import type { EnterStage, ExpireHook } from '../../domain/deployment/snapshot.ts';
import { hooksAt, newHook } from '../../domain/deployment/stages.ts';
import { currentDeployment } from '../../queries/services.ts';
import { serviceDeployments } from '../../service-records.ts';
import type { ServiceDeploymentRecord } from '../../service-records.ts';
import type { EffectOptions } from './effect-options.ts';

/** The deployment while it is the one decided on, in the stage decided on, and nobody wants it stopped. */
const stillThere = async (
  transaction: WriteTransaction,
  decided: ServiceDeploymentRecord,
): Promise<ServiceDeploymentRecord | undefined> => {
  const current = await currentDeployment(transaction, decided);
  const isSame =
    current?.serviceDeploymentId === decided.serviceDeploymentId &&
    current.lifecycleStage === decided.lifecycleStage &&
    current.status === decided.status;
  return isSame ? current : undefined;
};

/** `ecs-pause-` and 43 characters. */
const hookIdFrom = (id: string): string => `ecs-pause-${Buffer.from(id, 'hex').toString('base64url')}`;

export const enterStage = ({ store, now, newId }: EffectOptions, { deployment, stage }: EnterStage): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillThere(transaction, deployment);
    if (current === undefined) return;
    const at = now();
    const hooks = hooksAt(current, stage).map((hook) => newHook(hook, stage, hookIdFrom(newId() + newId()), at));
    await transaction.put(serviceDeployments, {
      ...current,
      lifecycleStage: stage,
      stageSince: at,
      hooks: [...(current.hooks ?? []), ...hooks],
      updatedAt: at,
    });
  });

export const expireHook = ({ store, now }: EffectOptions, { deployment, hookId }: ExpireHook): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillThere(transaction, deployment);
    const hook = current?.hooks?.find((each) => each.hookId === hookId);
    if (current === undefined || hook?.status !== 'AWAITING_ACTION') return;
    const hooks = (current.hooks ?? []).map((each) =>
      each.hookId === hookId ? { ...each, status: 'TIMED_OUT' as const } : each,
    );
    await transaction.put(serviceDeployments, { ...current, hooks, updatedAt: now() });
  });
