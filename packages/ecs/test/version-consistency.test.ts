/** Tasks of a service that start later run the images of those that started first, whatever their tags mean by then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateServiceCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  SubmitTaskStateChangeCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { isStable, openServiceLab } from './support/service-lab.ts';
import type { ReceivedTask } from './support/simulated-agent.ts';

const first = `sha256:${'1'.repeat(64)}`;
const second = `sha256:${'2'.repeat(64)}`;

test('a service holds its later tasks to the digests of its first', async (context) => {
  const lab = await openServiceLab(context);
  /** What the agent was told to pull, by the task's ARN. */
  const told = new Map<string, readonly unknown[]>();
  const takes = ({ arn, desiredStatus, containers }: ReceivedTask): boolean => {
    if (desiredStatus === 'RUNNING')
      told.set(
        arn,
        containers.map(({ image }) => image),
      );
    return true;
  };
  await lab.agent({ takes });
  const pulled = (): readonly (readonly unknown[])[] => [...told.values()];
  const container = { memory: 16, cpu: 10 };
  const { taskDefinition } = await lab.client.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      containerDefinitions: [
        { ...container, name: 'main', image: 'shop/web:latest' },
        { ...container, name: 'free', image: 'shop/side:latest', versionConsistency: 'disabled' },
        { ...container, name: 'fixed', image: `shop/fixed@${second}` },
      ],
    }),
  );
  const arn = taskDefinition?.taskDefinitionArn ?? '';
  const scale = async (change: { desiredCount?: number; forceNewDeployment?: boolean }, running: number) => {
    told.clear();
    await lab.client.send(new UpdateServiceCommand({ service: 'web', ...change }));
    await lab.until((service) => isStable(service) && service.runningCount === running);
  };
  const tell = async (digest: string): Promise<void> => {
    for (const { taskArn, lastStatus } of await lab.tasks()) {
      if (lastStatus !== 'RUNNING') continue;
      const containers = ['main', 'free', 'fixed'].map((containerName) => {
        return { containerName, status: 'RUNNING', imageDigest: containerName === 'fixed' ? second : digest };
      });
      const change = { cluster: 'default', task: taskArn, status: 'RUNNING', containers };
      await lab.client.send(new SubmitTaskStateChangeCommand(change));
    }
  };
  await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition: arn, desiredCount: 1 }));
  await lab.until(isStable);
  const byTag = ['shop/web:latest', 'shop/side:latest', `shop/fixed@${second}`];
  assert.deepEqual(pulled(), [byTag]);

  await tell(first);
  await scale({ desiredCount: 2 }, 2);
  const byDigest = [`shop/web:latest@${first}`, 'shop/side:latest', `shop/fixed@${second}`];
  assert.deepEqual(pulled(), [byDigest]);
  // What a later task tells changes nothing.
  await tell(second);
  await scale({ desiredCount: 3 }, 3);
  assert.deepEqual(pulled(), [byDigest]);
  const shown = (await lab.tasks()).flatMap(({ containers }) => containers.map(({ image }) => image));
  assert.ok(
    shown.every((image) => byTag.includes(image)),
    'tasks show what the task definition names',
  );

  const { services = [] } = await lab.client.send(new DescribeServicesCommand({ services: ['web'] }));
  const [current] = services[0]?.currentServiceRevisions ?? [];
  const { serviceRevisions = [] } = await lab.client.send(
    new DescribeServiceRevisionsCommand({ serviceRevisionArns: [current?.arn ?? ''] }),
  );
  assert.deepEqual(serviceRevisions[0]?.containerImages, [
    { containerName: 'main', image: 'shop/web:latest', imageDigest: first },
    { containerName: 'free', image: 'shop/side:latest' },
    { containerName: 'fixed', image: `shop/fixed@${second}`, imageDigest: second },
  ]);

  await scale({ forceNewDeployment: true }, 3);
  assert.deepEqual(pulled(), [byTag, byTag, byTag]);

  told.clear();
  await lab.client.send(new RunTaskCommand({ taskDefinition: arn, startedBy: 'ecs-svc/1' }));
  await lab.until(() => told.size > 0);
  assert.deepEqual(pulled(), [byTag]);
});
