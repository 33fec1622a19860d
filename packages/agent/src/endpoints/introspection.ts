import type { AgentState, InstanceIdentity } from '../domain/agent-state.ts';
import type { ContainerState, TaskState } from '../domain/task-state.ts';
import type { StatsSampler } from '../telemetry/stats-sampler.ts';
import { type Answer, json, text } from './answer.ts';
import { networkAnswers, portAnswers, timeText } from './metadata-shapes.ts';
import { prometheusText } from './prometheus.ts';

/**
 * The introspection API (ECS developer guide, "Amazon ECS container agent introspection"): who this instance is and
 * which tasks it has, for monitoring agents on the machine; and the containers' figures for Prometheus. Pure.
 */
export interface IntrospectionParts {
  readonly state: AgentState;
  readonly stats: Pick<StatsSampler, 'latest'>;
}

/** The version of Amazon's agent whose protocol this agent follows; monitoring agents switch on it. */
const FOLLOWED_VERSION = '1.101.0';

/** `Amazon ECS Agent - v1.x.y (hash)`: what monitoring agents parse, never below the version that has v4 metadata. */
export const versionText = ({ version, hash }: InstanceIdentity): string => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const shown = major > 1 || (major === 1 && minor >= 39) ? version : FOLLOWED_VERSION;
  return `Amazon ECS Agent - v${shown} (${hash})`;
};

const containerAnswer = (task: TaskState, container: ContainerState): object => {
  const ports = portAnswers(task, container, 'v3');
  return {
    DockerId: container.dockerId ?? '',
    DockerName: container.dockerName,
    Name: container.name,
    Image: container.image,
    ImageID: container.imageId ?? '',
    ...(container.createdAt === undefined ? {} : { CreatedAt: timeText(container.createdAt) }),
    ...(container.startedAt === undefined ? {} : { StartedAt: timeText(container.startedAt) }),
    ...(ports.length === 0 ? {} : { Ports: ports }),
    Networks: networkAnswers(task, container, 'v3'),
    ...(container.volumes.length === 0
      ? {}
      : {
          Volumes: container.volumes.map(({ dockerName, source, destination }) => ({
            ...(dockerName === undefined ? {} : { DockerName: dockerName }),
            Source: source,
            Destination: destination,
          })),
        }),
  };
};

const taskAnswer = (task: TaskState): object => ({
  Arn: task.arn,
  DesiredStatus: task.desiredStatus,
  KnownStatus: task.knownStatus,
  Family: task.family,
  Version: task.version,
  Containers: task.containers
    .filter(({ dockerId }) => dockerId !== undefined)
    .map((container) => containerAnswer(task, container)),
});

const NO_TASK = { Arn: '', KnownStatus: '', Family: '', Version: '', Containers: null };
/** Docker's own short ids; only up to this length a prefix is looked for. */
const SHORT_ID_LENGTH = 12;

const tasksWithDockerId = (state: AgentState, dockerId: string): TaskState[] => {
  if (dockerId.length > SHORT_ID_LENGTH) {
    const found = state.findByDockerId(dockerId);
    return found === undefined ? [] : [found.task];
  }
  return [...state.tasks.values()].filter(({ containers }) =>
    containers.some((container) => dockerId !== '' && container.dockerId?.startsWith(dockerId) === true),
  );
};

const tasksAnswer = (state: AgentState, query: URLSearchParams): Answer => {
  const dockerId = query.get('dockerid');
  const taskArn = query.get('taskarn');
  const plain = 'text/plain';
  if (dockerId !== null && taskArn !== null) return json(400, NO_TASK, plain);
  if (dockerId === null && taskArn === null) {
    return json(200, { Tasks: [...state.tasks.values()].map(taskAnswer) }, plain);
  }
  const byArn = state.tasks.get(taskArn ?? '');
  const found = dockerId === null ? (byArn === undefined ? [] : [byArn]) : tasksWithDockerId(state, dockerId);
  const [only] = found;
  if (only === undefined) return json(404, NO_TASK, plain);
  return found.length > 1 ? json(400, NO_TASK, plain) : json(200, taskAnswer(only), plain);
};

/** Answers any path: what is not known gets the list of what is. */
export const answerIntrospection = (
  { state, stats }: IntrospectionParts,
  path: string,
  query: URLSearchParams,
): Answer => {
  const { identity } = state;
  if (path === '/v1/metadata') {
    return json(200, {
      Cluster: identity.cluster,
      ContainerInstanceArn: identity.containerInstanceArn,
      Version: versionText(identity),
    });
  }
  if (path === '/v1/tasks') return tasksAnswer(state, query);
  if (path === '/metrics') {
    return { ...text(200, prometheusText(state, stats)), contentType: 'text/plain; version=0.0.4; charset=utf-8' };
  }
  if (path === '/license') return text(200, 'Apache License 2.0, https://www.apache.org/licenses/LICENSE-2.0\n');
  return json(200, { AvailableCommands: ['/v1/metadata', '/v1/tasks', '/license'] }, 'text/plain');
};
