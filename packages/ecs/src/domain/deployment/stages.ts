/**
 * The stages of a BLUE_GREEN deployment, and the pauses at them. Pure.
 * AWS documentation: "Amazon ECS blue/green service deployments workflow", "Pause hooks for Amazon ECS service
 * deployments", lifecycleStage in the ServiceDeployment type. A service without a load balancer and without Service
 * Connect has no traffic to shift: the stages of traffic are passed, and stopped at only where a hook says so.
 */
import type { ecs } from '@oreno/aws-wire';
import type { DeploymentHook, ServiceDeploymentRecord } from '../../service-records.ts';

export type Stage = ecs.ServiceDeploymentLifecycleStage;

const stages: readonly Stage[] = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

/** Stages of hooks that the deployment itself has under another name. */
const stageOfHook = (stage: ecs.DeploymentLifecycleHookStage): Stage =>
  stage === 'PRE_PRODUCTION_TRAFFIC_SHIFT' ? 'PRODUCTION_TRAFFIC_SHIFT' : stage;

/** The hooks that a deployment stops at when it comes to a stage: one for each stage that a hook names. */
export const hooksAt = (
  { deploymentConfiguration: { lifecycleHooks = [] } }: ServiceDeploymentRecord,
  stage: Stage,
): readonly ecs.DeploymentLifecycleHook[] =>
  lifecycleHooks.flatMap((hook) =>
    (hook.lifecycleStages ?? []).filter((each) => stageOfHook(each) === stage).map(() => hook),
  );

const usualTimeout = 1_440;

/** The record of a hook that begins to wait. @param now milliseconds since the epoch */
export const newHook = (
  hook: ecs.DeploymentLifecycleHook,
  stage: Stage,
  hookId: string,
  now: number,
): DeploymentHook => ({
  hookId,
  stage,
  status: 'AWAITING_ACTION',
  expiresAt: now + (hook.timeoutConfiguration?.timeoutInMinutes ?? usualTimeout) * 60_000,
  timeoutAction: hook.timeoutConfiguration?.action ?? 'ROLLBACK',
});

/** The hooks of the stage that a deployment is in. */
export const hooksNow = ({ hooks = [], lifecycleStage }: ServiceDeploymentRecord): readonly DeploymentHook[] =>
  hooks.filter(({ stage }) => stage === lifecycleStage);

/** A hook that says that the deployment is to go back. */
export const failedHook = (deployment: ServiceDeploymentRecord | undefined): DeploymentHook | undefined =>
  deployment?.hooks?.find(
    ({ status, timeoutAction }) => status === 'FAILED' || (status === 'TIMED_OUT' && timeoutAction === 'ROLLBACK'),
  );

/** The next stage at which there is something to do; the last one is CLEAN_UP. */
export const nextStage = (deployment: ServiceDeploymentRecord): Stage => {
  const at = deployment.lifecycleStage === undefined ? -1 : stages.indexOf(deployment.lifecycleStage);
  const hasWork = (stage: Stage): boolean => {
    if (stage === 'SCALE_UP' || stage === 'CLEAN_UP') return true;
    if (stage === 'BAKE_TIME') return deployment.sourceRevisionIds.length > 0;
    return (
      hooksAt(deployment, stage).length > 0 ||
      (stage === 'RECONCILE_SERVICE' && deployment.sourceRevisionIds.length > 1)
    );
  };
  return stages.slice(at + 1).find(hasWork) ?? 'CLEAN_UP';
};

/** Whether both revisions are to be kept: a BLUE_GREEN deployment before its last stage, that does not go back. */
export const keepsBoth = (deployment: ServiceDeploymentRecord | undefined): deployment is ServiceDeploymentRecord =>
  deployment?.deploymentConfiguration.strategy === 'BLUE_GREEN' &&
  deployment.rollback === undefined &&
  deployment.lifecycleStage !== 'CLEAN_UP';
