/** What `oreno up` says when everything is there, and what to do next. */
import { openClient } from './client.ts';
import type { DataDir, RunningNote } from './data-dir.ts';
import { defaults } from './settings.ts';
import { trustAdvice } from './trust-advice.ts';

/** The same with the state of the container instance; without it where the server cannot be asked. */
export const greetingOf = async (dataDir: DataDir, note: RunningNote): Promise<string> => {
  const { cluster = defaults.cluster, containerInstanceArn: arn } = note;
  if (arn === undefined) return greeting(note);
  const answer = await openClient(dataDir, note)
    .ecs('DescribeContainerInstances', { cluster, containerInstances: [arn] })
    .catch(() => undefined);
  return greeting(note, answer?.containerInstances?.[0]?.status);
};

/** A machine that takes no tasks looks as if it ran none: that has to be said where it starts. */
const stateOf = ({ cluster = defaults.cluster, containerInstanceArn: arn }: RunningNote, status?: string): string => {
  if (arn === undefined) return 'none';
  if (status === undefined || status === 'ACTIVE') return arn;
  return `${arn}
It is ${status}: no task is placed on it until you say so:
  oreno aws ecs update-container-instances-state --cluster ${cluster} --status ACTIVE --container-instances ${arn.slice(arn.lastIndexOf('/') + 1)}`;
};

/** The text alone. */
export const greeting = (
  note: RunningNote,
  status?: string,
): string => `oreno is ready at ${note.origin} (account ${note.account}, region ${note.region})
Container instance: ${stateOf(note, status)}
${note.caFile === undefined ? '' : `\n${trustAdvice(note.caFile, note.origin)}`}
Try next:
  eval "$(oreno env)"        then any AWS CLI 2.13+ or SDK: aws ecs list-clusters
  oreno aws ecs list-clusters     works with every version of the AWS CLI
  oreno demo                 an image through ECR, ECS and CloudWatch Logs
  oreno status | oreno down
`;
