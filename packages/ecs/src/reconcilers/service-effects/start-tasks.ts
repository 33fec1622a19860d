/**
 * Starts tasks of a service on the way that RunTask goes: a placement decision, then one transaction that
 * writes the tasks, the event and the service's next turn. Of two schedulers that decided on the same state the
 * second finds another turn and starts nothing.
 */
import { AwsError } from '@oreno/aws-wire';
import type { WriteTransaction } from '@oreno/store';
import type { StartTasks } from '../../domain/deployment/snapshot.ts';
import {
  startedInZone,
  startedTasks,
  subjectOf,
  unableToLaunch,
  unableToPlace,
  unableToPlaceInZone,
} from '../../domain/service/events.ts';
import { launchTasks, type Refusals } from '../../operations/launch-tasks.ts';
import { appendEvents, findService } from '../../queries/services.ts';
import { serviceRevisions, services } from '../../service-records.ts';
import type { ServiceRecord } from '../../service-records.ts';
import { type EffectOptions, stillWanted } from './effect-options.ts';
import { planLaunch } from './plan-launch.ts';

/** The state changed under the decision: nothing is to be done, and the change has activated the loop again. */
class Overtaken extends Error {}

export const startTasks = async (options: EffectOptions, step: StartTasks): Promise<void> => {
  try {
    await launch(options, step);
  } catch (error) {
    if (error instanceof Overtaken) return;
    if (!(error instanceof AwsError)) throw error;
    const block = step.zone === undefined ? blockService : blockZone;
    await block(options, step, unableToLaunch(step.service.serviceName, error.message));
  }
};

const launch = async (options: EffectOptions, step: StartTasks): Promise<void> => {
  const { cluster, launches } = await planLaunch(options, step);
  const { failures, hasInstances, waiting } = await launchTasks(options, cluster, launches, (transaction, taskIds) =>
    takeTurn(transaction, options, step, taskIds),
  );
  const { serviceName } = step.service;
  const isBound = launches.some(({ request }) => request.capacityProvider !== undefined);
  const messageOf = (refusals: Refusals): string => {
    const place = refusals.hasInstances ? undefined : isBound ? 'capacity provider' : 'cluster';
    return unableToPlace(serviceName, refusals.failures, place);
  };
  if (waiting !== undefined) await tell(options, step, messageOf(waiting));
  if (failures.length === 0 && hasInstances) return;
  if (step.zone !== undefined) return blockZone(options, step, unableToPlaceInZone(serviceName, step.zone));
  await blockService(options, step, messageOf({ failures, hasInstances }));
};

/** Tells why tasks wait in PROVISIONING; the service has started them, and goes on. */
const tell = ({ store, now, newId }: EffectOptions, { service }: StartTasks, message: string): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, service))?.record;
    if (current?.status === 'ACTIVE') await appendEvents(transaction, service, [message], { now: now(), newId });
  });

/** In the transaction that writes the tasks: refuses what was overtaken, and tells of what starts. */
const takeTurn = async (
  transaction: WriteTransaction,
  options: EffectOptions,
  { service, revision, replacingUnhealthy, zone }: StartTasks,
  taskIds: readonly string[],
): Promise<void> => {
  const current = await stillWanted(transaction, service);
  const found = (await transaction.get(serviceRevisions, revision))?.record;
  if (current?.turn !== service.turn || found?.status !== revision.status) throw new Overtaken();
  if (found.taskSet?.scale !== revision.taskSet?.scale) throw new Overtaken();
  const rebalancing = zone === undefined ? current.rebalancing : {};
  const turn = current.turn + 1;
  const next: ServiceRecord = { ...current, turn, rebalancing, blocked: undefined, steadyAt: undefined };
  await transaction.put(services, next);
  if (found.blocked !== undefined) await transaction.put(serviceRevisions, { ...found, blocked: undefined });
  const replaced = Math.min(replacingUnhealthy, taskIds.length);
  const subject = subjectOf(service, revision);
  const message = zone === undefined ? startedTasks(subject, taskIds, replaced) : startedInZone(subject, taskIds, zone);
  await appendEvents(transaction, service, [message], { now: options.now(), newId: options.newId });
  options.watch.learn(service, taskIds);
};

/** Remembers that there is no room, so that the next attempt waits, and says so once for each reason. */
const blockService = ({ store, now, newId }: EffectOptions, step: StartTasks, message: string): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, step.service))?.record;
    if (current?.status !== 'ACTIVE') return;
    const at = now();
    const blocked = { at, message, instancesSeen: step.instancesSeen };
    const next: ServiceRecord = { ...current, blocked, steadyAt: undefined };
    await transaction.put(services, next);
    const set = (await transaction.get(serviceRevisions, step.revision))?.record;
    if (set?.taskSet !== undefined) await transaction.put(serviceRevisions, { ...set, blocked });
    if (current.blocked?.message === message || step.service.blocked?.message === message) return;
    await appendEvents(transaction, step.service, [message], { now: at, newId });
  });

/** The same for a zone that is to get tasks: the service has all that it wants, and goes on. */
const blockZone = ({ store, now, newId }: EffectOptions, step: StartTasks, message: string): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, step.service))?.record;
    if (current?.status !== 'ACTIVE' || current.rebalancing === undefined) return;
    const at = now();
    const blocked = { at, message, instancesSeen: step.instancesSeen };
    const next: ServiceRecord = { ...current, rebalancing: { blocked } };
    await transaction.put(services, next);
    if (step.service.rebalancing?.blocked?.message === message) return;
    await appendEvents(transaction, step.service, [message], { now: at, newId });
  });
