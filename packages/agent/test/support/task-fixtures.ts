import type { InstanceIdentity } from '../../src/domain/agent-state.ts';
import type { ContainerState, TaskState } from '../../src/domain/task-state.ts';

/** Tasks and containers for tests: a running bridge task named `web`, but for what a test says. */
export const anIdentity: InstanceIdentity = {
  cluster: 'lab',
  containerInstanceArn: 'arn:aws:ecs:us-east-1:000000000000:container-instance/lab/65b2',
  version: '1.2.3',
  hash: 'abc',
  dockerVersion: '20.10.24',
};

export const aContainer = (given: Partial<ContainerState> = {}): ContainerState => ({
  name: 'web',
  type: 'NORMAL',
  definition: { name: given.name ?? 'web', image: 'web:1' },
  metadataId: `meta-${given.name ?? 'web'}`,
  dockerName: `ecs-web-3-${given.name ?? 'web'}-c0fcf9a4d983eca5d101`,
  image: 'web:1',
  knownStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  networkBindings: [],
  networks: [],
  labels: {},
  volumes: [],
  restartCount: 0,
  ...given,
});

export const aTask = (given: Partial<TaskState> = {}): TaskState => {
  const arn = given.arn ?? 'arn:aws:ecs:us-east-1:000000000000:task/lab/8b89';
  return {
    arn,
    payload: { arn, family: 'web', version: '3', desiredStatus: 'RUNNING', containers: [] },
    family: 'web',
    version: '3',
    networkMode: 'bridge',
    desiredStatus: 'RUNNING',
    knownStatus: 'RUNNING',
    containers: [aContainer()],
    volumeNames: {},
    receivedAt: 1000,
    ...given,
  };
};
