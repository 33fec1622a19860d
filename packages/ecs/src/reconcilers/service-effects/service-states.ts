/** Writes what becomes of the service itself: its steady state, a daemon's count, its end. */
import type {
  AnnounceDeadlock,
  AnnounceSteadyState,
  Deactivate,
  ForgetService,
  SetDesiredCount,
  SetRebalancing,
} from '../../domain/deployment/snapshot.ts';
import { reachedSteadyState, unableToMove, zonesBalanced, zonesUnbalanced } from '../../domain/service/events.ts';
import { appendEvents, eventsOf, findService, forgetService, liveRevisions } from '../../queries/services.ts';
import { serviceRevisions, services } from '../../service-records.ts';
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import { type EffectOptions, stillWanted } from './effect-options.ts';

export const announceSteadyState = (
  { store, now, newId }: EffectOptions,
  { service }: AnnounceSteadyState,
): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillWanted(transaction, service);
    if (current === undefined || current.turn !== service.turn || current.steadyAt !== service.steadyAt) return;
    const steady: ServiceRecord = { ...current, steadyAt: now(), blocked: undefined };
    await transaction.put(services, steady);
    await appendEvents(transaction, service, [reachedSteadyState(service.serviceName)], { now: now(), newId });
  });

export const announceDeadlock = ({ store, now, newId }: EffectOptions, { service }: AnnounceDeadlock): Promise<void> =>
  store.update(async (transaction) => {
    const message = unableToMove(service.serviceName);
    const [newest] = await eventsOf(transaction, service);
    if (newest?.message === message || (await stillWanted(transaction, service)) === undefined) return;
    await appendEvents(transaction, service, [message], { now: now(), newId });
  });

export const setRebalancing = (
  { store, now, newId }: EffectOptions,
  { service, counts, isUnderWay }: SetRebalancing,
): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillWanted(transaction, service);
    if (current === undefined || current.turn !== service.turn) return;
    if ((current.rebalancing !== undefined) === isUnderWay) return;
    const next: ServiceRecord = { ...current, rebalancing: isUnderWay ? {} : undefined };
    await transaction.put(services, next);
    const message = (isUnderWay ? zonesUnbalanced : zonesBalanced)(service.serviceName, counts);
    await appendEvents(transaction, service, [message], { now: now(), newId });
  });

export const setDesiredCount = ({ store }: EffectOptions, { service, desiredCount }: SetDesiredCount): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillWanted(transaction, service);
    if (current === undefined || current.desiredCount === desiredCount) return;
    const next: ServiceRecord = { ...current, desiredCount };
    await transaction.put(services, next);
  });

export const deactivate = ({ store, now }: EffectOptions, { service }: Deactivate): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, service))?.record;
    if (current?.status !== 'DRAINING' || current.createdAt !== service.createdAt) return;
    const at = now();
    const inactive: ServiceRecord = { ...current, status: 'INACTIVE', inactiveAt: at, steadyAt: undefined };
    await transaction.put(services, inactive);
    for (const revision of await liveRevisions(transaction, service)) {
      const next: ServiceRevisionRecord = { ...revision, status: 'INACTIVE', updatedAt: at };
      await transaction.put(serviceRevisions, next);
    }
  });

export const forgetInactive = ({ store, watch }: EffectOptions, { service }: ForgetService): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, service))?.record;
    if (current?.status !== 'INACTIVE' || current.createdAt !== service.createdAt) return;
    await forgetService(transaction, service);
    watch.forget(service);
  });
