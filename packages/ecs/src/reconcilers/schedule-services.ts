/**
 * The service scheduler's loop: one key for each service, the decision in domain/deployment, one effect for each
 * kind of step. Whatever it does is read from the store and written there, so that it can be killed at any point
 * and go on elsewhere.
 */
import type { Reconciler } from '@oreno/reconcile';
import type { AlarmSource } from '../deployment-alarms.ts';
import { decideDeployment } from '../domain/deployment/decide-deployment.ts';
import type { ServiceSnapshot, ServiceStep } from '../domain/deployment/snapshot.ts';
import { services } from '../service-records.ts';
import { readKeyText } from './key-text.ts';
import { readService } from './read-service.ts';
import { enterStage, expireHook } from './service-effects/deployment-stages.ts';
import {
  completeDeployment,
  failDeployment,
  noteFailures,
  retireRevision,
  startBaking,
} from './service-effects/deployment-states.ts';
import type { EffectOptions } from './service-effects/effect-options.ts';
import {
  announceDeadlock,
  announceSteadyState,
  deactivate,
  forgetInactive,
  setDesiredCount,
  setRebalancing,
} from './service-effects/service-states.ts';
import { startTasks } from './service-effects/start-tasks.ts';
import { stopTasks } from './service-effects/stop-tasks.ts';
import type { ServiceTasks } from './service-tasks.ts';
import { serviceKeyText, watchServices } from './service-watch.ts';

export type SchedulerOptions = Omit<EffectOptions, 'watch'> & {
  readonly alarms: AlarmSource;
  readonly serviceTasks: ServiceTasks;
};

export const scheduleServices = (options: SchedulerOptions): Reconciler<ServiceSnapshot, ServiceStep> => {
  const watch = watchServices(options.newId(), options.alarms);
  const effects: EffectOptions = { ...options, watch };
  const sources = { watch, tasks: options.serviceTasks, placement: options.placement, alarms: options.alarms };
  return {
    name: 'ecs-schedule-services',
    keysOf: watch.keysOf,
    keys: async (transaction) => {
      const rows = await transaction.list(services);
      return rows.map(({ record }) => serviceKeyText(record));
    },
    read: (transaction, key) => {
      const [account = '', region = '', clusterName = '', serviceName = ''] = readKeyText(key).map(String);
      return readService(transaction, { account, region, clusterName, serviceName }, sources);
    },
    decide: decideDeployment,
    perform: {
      startTasks: (step) => startTasks(effects, step),
      stopTasks: (step) => stopTasks(effects, step),
      noteFailures: (step) => noteFailures(effects, step),
      completeDeployment: (step) => completeDeployment(effects, step),
      failDeployment: (step) => failDeployment(effects, step),
      enterStage: (step) => enterStage(effects, step),
      expireHook: (step) => expireHook(effects, step),
      startBaking: (step) => startBaking(effects, step),
      retireRevision: (step) => retireRevision(effects, step),
      announceSteadyState: (step) => announceSteadyState(effects, step),
      announceDeadlock: (step) => announceDeadlock(effects, step),
      setRebalancing: (step) => setRebalancing(effects, step),
      setDesiredCount: (step) => setDesiredCount(effects, step),
      deactivate: (step) => deactivate(effects, step),
      forgetService: (step) => forgetInactive(effects, step),
    },
  };
};
