/** The service scheduler over real sockets, with agents that only pretend to run containers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  StopServiceDeploymentCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
  waitUntilServicesInactive,
  waitUntilServicesStable,
} from '@aws-sdk/client-ecs';
import { containerInstances, type TaskRecord } from '../src/records.ts';
import { isStable, openServiceLab, type ServiceLab } from './support/service-lab.ts';
import { commonAttributes } from './support/simulated-agent.ts';

const isWanted = ({ desiredStatus, lastStatus }: TaskRecord): boolean =>
  desiredStatus === 'RUNNING' && lastStatus !== 'STOPPED';

const wanted = async (lab: ServiceLab): Promise<readonly TaskRecord[]> => (await lab.tasks()).filter(isWanted);

const create = async (lab: ServiceLab, desiredCount: number, more: object = {}): Promise<void> => {
  const taskDefinition = await lab.define();
  await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount, ...more }));
  await lab.until(isStable);
};

const messages = async (lab: ServiceLab): Promise<readonly string[]> =>
  ((await lab.service()).events ?? []).map(({ message = '' }) => message.replaceAll(/task \w{32}/g, 'task X'));

describe('a service', () => {
  it('starts its tasks, says so, and is deleted', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    await create(lab, 2);
    const waiter = { client: lab.client, maxWaitTime: 5, minDelay: 1, maxDelay: 1 };
    assert.equal((await waitUntilServicesStable(waiter, { services: ['web'] })).state, 'SUCCESS');
    const { deployments = [] } = await lab.service();
    const id = deployments[0]?.id ?? '';
    assert.match(id, /^ecs-svc\/\d{19}$/);
    await lab.until(({ events = [] }) => events.length === 3);
    assert.deepEqual(await messages(lab), [
      '(service web) has reached a steady state.',
      `(service web) (deployment ${id}) deployment completed.`,
      '(service web) has started 2 tasks: (task X) (task X).',
    ]);
    const records = await lab.tasks();
    assert.ok(records.every(({ group, startedBy }) => group === 'service:web' && startedBy === id));
    const { taskArns = [] } = await lab.client.send(new ListTasksCommand({ serviceName: 'web' }));
    assert.equal(taskArns.length, 2);

    await assert.rejects(lab.client.send(new DeleteServiceCommand({ service: 'web' })), /scaled above 0/);
    const { service } = await lab.client.send(new DeleteServiceCommand({ service: 'web', force: true }));
    assert.equal(service?.status, 'DRAINING');
    assert.equal((await waitUntilServicesInactive(waiter, { services: ['web'] })).state, 'SUCCESS');
    assert.ok((await lab.tasks()).every(({ lastStatus }) => lastStatus === 'STOPPED'));
    await create(lab, 1);
  });

  it('scales out and in, and replaces what is stopped by hand', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    await lab.agent();
    await create(lab, 2);
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 6 }));
    await lab.until((service) => isStable(service) && service.runningCount === 6);
    const places = Map.groupBy(await wanted(lab), (task) => task.containerInstanceId);
    assert.deepEqual(
      [...places.values()].map((tasks) => tasks.length),
      [3, 3],
    );
    const [victim] = await wanted(lab);
    await lab.client.send(new StopTaskCommand({ task: victim?.taskArn ?? '' }));
    await lab.until(async (service) => isStable(service) && (await lab.tasks()).length === 7);
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 2 }));
    await lab.until((service) => isStable(service) && service.runningCount === 2);
    const left = new Set((await wanted(lab)).map((task) => task.containerInstanceId));
    assert.equal(left.size, 2);
    const stopped = (await lab.tasks()).find(({ stopCode }) => stopCode === 'ServiceSchedulerInitiated');
    assert.match(stopped?.stoppedReason ?? '', /^Scaling activity initiated by \(deployment ecs-svc\/\d+\)$/);
  });

  it('rolls to a new task definition within its percentages', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent({ startsIn: 20 });
    await create(lab, 4, { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } });
    const taskDefinition = await lab.define({ image: 'busybox:2' });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition }));
    await lab.until(async (service) => {
      assert.ok((service.runningCount ?? 0) >= 2, 'below the minimum');
      const around = (await lab.tasks()).filter(({ lastStatus }) => lastStatus !== 'STOPPED');
      assert.ok(around.length <= 6, 'above the maximum');
      return isStable(service);
    });
    assert.ok((await wanted(lab)).every((task) => task.taskDefinitionArn === taskDefinition));
    const { serviceDeployments = [] } = await lab.client.send(new ListServiceDeploymentsCommand({ service: 'web' }));
    assert.deepEqual(
      serviceDeployments.map(({ status }) => status),
      ['SUCCESSFUL', 'SUCCESSFUL'],
    );
    const { serviceRevisions = [] } = await lab.client.send(
      new DescribeServiceRevisionsCommand({
        serviceRevisionArns: [serviceDeployments[0]?.targetServiceRevisionArn ?? ''],
      }),
    );
    assert.equal(serviceRevisions[0]?.taskDefinition, taskDefinition);
    assert.deepEqual(serviceRevisions[0]?.containerImages, [{ containerName: 'main', image: 'busybox:2' }]);
  });

  it('goes back from a bad image by its circuit breaker', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent({ takes: ({ version, desiredStatus }) => version !== '2' || desiredStatus === 'STOPPED' });
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    await create(lab, 2, { deploymentConfiguration: { deploymentCircuitBreaker } });
    const good = await wanted(lab);
    const taskDefinition = await lab.define({ image: 'no-such-image' });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition }));
    await lab.until(
      (service) => isStable(service) && service.taskDefinition !== taskDefinition && service.events?.length === 9,
    );
    assert.deepEqual(
      (await wanted(lab)).map(({ taskId }) => taskId),
      good.map(({ taskId }) => taskId),
    );
    const said = await messages(lab);
    assert.ok(
      said.some((text) => /\(deployment ecs-svc\/\d+\) deployment failed: tasks failed to start\.$/.test(text)),
    );
    assert.ok(said.some((text) => /^\(service web\) rolling back to deployment ecs-svc\/\d+\.$/.test(text)));
    const { serviceDeployments = [] } = await lab.client.send(new ListServiceDeploymentsCommand({ service: 'web' }));
    const arn = serviceDeployments[0]?.serviceDeploymentArn ?? '';
    const described = await lab.client.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }));
    const [deployment] = described.serviceDeployments ?? [];
    assert.equal(deployment?.status, 'ROLLBACK_SUCCESSFUL');
    assert.equal(deployment?.deploymentCircuitBreaker?.status, 'TRIGGERED');
    assert.equal(deployment?.rollback?.serviceRevisionArn, deployment?.sourceServiceRevisions?.[0]?.arn);
  });

  it('goes back when the deployment is stopped', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent({ startsIn: 30 });
    await create(lab, 2);
    const taskDefinition = await lab.define({ image: 'busybox:2' });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition }));
    const { serviceDeployments = [] } = await lab.client.send(new ListServiceDeploymentsCommand({ service: 'web' }));
    const serviceDeploymentArn = serviceDeployments[0]?.serviceDeploymentArn ?? '';
    await lab.client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }));
    await lab.until((service) => isStable(service) && service.taskDefinition !== taskDefinition);
    const missing = `${serviceDeploymentArn}x`;
    await assert.rejects(
      lab.client.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: missing })),
      /doesn't exist/,
    );
  });

  it('says why it cannot place a task, and does when there is room', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent({ memory: 100 });
    const taskDefinition = await lab.define();
    await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 2 }));
    const { events = [] } = await lab.until(
      (service) => (service.events?.length ?? 0) >= 2 && service.runningCount === 1,
    );
    assert.match(
      events[0]?.message ?? '',
      /^\(service web\) was unable to place a task because no container instance met all of its requirements\. The closest matching \(container-instance \w{32}\) has insufficient memory available\. For more information, see the Troubleshooting section/,
    );
    await lab.agent();
    await lab.until(isStable);
  });
});

describe('instances', () => {
  it('are drained under the percentages', async (test) => {
    const lab = await openServiceLab(test);
    const first = await lab.agent();
    await create(lab, 3);
    const second = await lab.agent();
    await lab.client.send(
      new UpdateContainerInstancesStateCommand({
        containerInstances: [first.containerInstanceArn],
        status: 'DRAINING',
      }),
    );
    await lab.until(async (service) => {
      assert.ok((service.runningCount ?? 0) >= 3);
      const left = await wanted(lab);
      return isStable(service) && left.every((task) => task.containerInstanceArn === second.containerInstanceArn);
    });
  });

  it('that are lost have their tasks replaced, and bring no doubles back', async (test) => {
    const lab = await openServiceLab(test);
    const first = await lab.agent();
    await create(lab, 2);
    const lost = await wanted(lab);
    await lab.agent();
    first.disconnect();
    await lab.store.update(async (transaction) => {
      const [row] = (await transaction.list(containerInstances)).filter(
        ({ record }) => record.containerInstanceArn === first.containerInstanceArn,
      );
      assert.ok(row);
      // As the session's end writes it, long enough ago.
      await transaction.put(containerInstances, {
        ...row.record,
        agentConnected: false,
        agentConnectedAt: Date.now() - 61_000,
      });
    });
    await lab.until(async (service) => isStable(service) && (await lab.tasks()).length === 4);
    await first.connect();
    const ids = new Set(lost.map(({ taskId }) => taskId));
    await lab.until(async () =>
      (await lab.tasks()).filter(({ taskId }) => ids.has(taskId)).every(({ lastStatus }) => lastStatus === 'STOPPED'),
    );
    assert.equal((await wanted(lab)).length, 2);
    assert.equal((await lab.tasks()).length, 4);
  });

  it('each have one task of a DAEMON service', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    const second = await lab.agent();
    const taskDefinition = await lab.define();
    await lab.client.send(
      new CreateServiceCommand({ serviceName: 'web', taskDefinition, schedulingStrategy: 'DAEMON' }),
    );
    await lab.until((service) => isStable(service) && service.runningCount === 2);
    await lab.agent();
    await lab.until((service) => isStable(service) && service.runningCount === 3);
    const next = await lab.define({ image: 'busybox:2' });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition: next }));
    await lab.until((service) => isStable(service) && service.runningCount === 3);
    const status = 'DRAINING';
    await lab.client.send(
      new UpdateContainerInstancesStateCommand({ containerInstances: [second.containerInstanceArn], status }),
    );
    await lab.until((service) => isStable(service) && service.runningCount === 2);
    const places = (await wanted(lab)).map((task) => task.containerInstanceArn);
    assert.equal(new Set(places).size, 2);
    await lab.client.send(new DeleteServiceCommand({ service: 'web' }));
    await lab.until(({ status: now }) => now === 'INACTIVE');
  });
});

describe('task health and protection', () => {
  it('replaces a task whose health check fails', async (test) => {
    const lab = await openServiceLab(test);
    const healthChecks = { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.24' };
    const agent = await lab.agent({ attributes: [...commonAttributes, healthChecks] });
    await agent.connectTelemetry();
    const health = (tasks: readonly TaskRecord[], healthStatus: string): void =>
      agent.publish('PublishHealthRequest', {
        metadata: { cluster: 'default', containerInstance: agent.containerInstanceArn, fin: true },
        tasks: tasks.map(({ taskArn }) => ({ taskArn, containers: [{ containerName: 'main', healthStatus }] })),
        timestamp: Date.now(),
      });
    const taskDefinition = await lab.define({ healthCheck: { command: ['CMD', 'true'] } });
    await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 1 }));
    await lab.until(({ runningCount }) => runningCount === 1);
    assert.equal((await lab.service()).deployments?.[0]?.rolloutState, 'IN_PROGRESS');
    const sick = await wanted(lab);
    health(sick, 'HEALTHY');
    await lab.until(isStable);
    health(sick, 'UNHEALTHY');
    const others = async (): Promise<readonly TaskRecord[]> =>
      (await lab.tasks()).filter(({ taskId, lastStatus }) => taskId !== sick[0]?.taskId && lastStatus === 'RUNNING');
    await lab.until(async () => (await others()).length === 1);
    // The sick task stays until the new one is healthy.
    assert.equal((await wanted(lab)).length, 2);
    health(await others(), 'HEALTHY');
    await lab.until(
      async (service) => isStable(service) && (await wanted(lab)).every(({ taskId }) => taskId !== sick[0]?.taskId),
    );
    const said = await messages(lab);
    assert.ok(said.includes('(service web) (task X) failed container health checks.'));
    const replaced = 'has started 1 tasks: (task X). Amazon ECS replaced 1 tasks due to an unhealthy status.';
    assert.ok(said.includes(`(service web) ${replaced}`), said.join('\n'));
  });

  it('keeps protected tasks when it scales in', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    await create(lab, 4);
    const [kept] = await wanted(lab);
    const tasks = [kept?.taskArn ?? ''];
    const { protectedTasks } = await lab.client.send(
      new UpdateTaskProtectionCommand({ cluster: 'default', tasks, protectionEnabled: true }),
    );
    assert.equal(protectedTasks?.[0]?.protectionEnabled, true);
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 0 }));
    await lab.until(({ runningCount }) => runningCount === 1);
    assert.equal((await wanted(lab))[0]?.taskId, kept?.taskId);
    await lab.client.send(new UpdateTaskProtectionCommand({ cluster: 'default', tasks, protectionEnabled: false }));
    await lab.until((service) => isStable(service) && service.runningCount === 0);
  });
});

describe('a server that restarts', () => {
  it('finishes the deployment that it was in, without doubles', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent({ startsIn: 15 });
    await lab.agent({ startsIn: 15 });
    await create(lab, 6, { deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } });
    const taskDefinition = await lab.define({ image: 'busybox:2' });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition }));
    for (const wait of [5, 20, 40]) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      await lab.restart();
    }
    await lab.until(isStable);
    const left = await wanted(lab);
    assert.equal(left.length, 6);
    assert.ok(left.every((task) => task.taskDefinitionArn === taskDefinition));
    const ofNew = (await lab.tasks()).filter((task) => task.taskDefinitionArn === taskDefinition);
    assert.equal(ofNew.length, 6);
  });
});
