/** Services of the EXTERNAL deployment controller over real sockets: whoever deploys moves shares between task sets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteServiceCommand,
  DeleteTaskSetCommand,
  DescribeTaskSetsCommand,
  ListTagsForResourceCommand,
  RegisterTaskDefinitionCommand,
  TagResourceCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
  type CreateTaskSetCommandInput,
  type Service,
  type TaskSet,
} from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { computedDesiredCount } from '../src/domain/service/task-set.ts';
import { openServiceLab, type ServiceLab } from './support/service-lab.ts';

const place = { cluster: 'default', service: 'web' } as const;

const createService = async (lab: ServiceLab, more: object = {}): Promise<Service | undefined> => {
  const deploymentController = { type: 'EXTERNAL' as const };
  const command = new CreateServiceCommand({ serviceName: 'web', desiredCount: 4, deploymentController, ...more });
  return (await lab.client.send(command)).service;
};

const createSet = async (lab: ServiceLab, more: Partial<CreateTaskSetCommandInput> = {}): Promise<string> => {
  const taskDefinition = more.taskDefinition ?? (await lab.define());
  const { taskSet } = await lab.client.send(new CreateTaskSetCommand({ ...place, ...more, taskDefinition }));
  assert.ok(taskSet?.id);
  return taskSet.id;
};

const percent = (value: number) => ({ value, unit: 'PERCENT' as const });

const scale = (lab: ServiceLab, taskSet: string, value: number) =>
  lab.client.send(new UpdateTaskSetCommand({ ...place, taskSet, scale: percent(value) }));

const describeSets = async (lab: ServiceLab, taskSets?: string[]) =>
  lab.client.send(new DescribeTaskSetsCommand({ ...place, taskSets }));

/** Waits until the sets run as many tasks as told, oldest first, and nothing else moves. */
const untilRunning = (lab: ServiceLab, counts: readonly number[]): Promise<Service> =>
  lab.until(async () => {
    const { taskSets = [] } = await describeSets(lab);
    const byAge = taskSets.toSorted((left, right) => Number(left.createdAt) - Number(right.createdAt));
    return (
      byAge.every(({ stabilityStatus }) => stabilityStatus === 'STEADY_STATE') &&
      JSON.stringify(byAge.map(({ runningCount }) => runningCount)) === JSON.stringify(counts)
    );
  });

describe('a service of the EXTERNAL deployment controller', () => {
  it('is carried from one task set to another by shares', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    const created = await createService(lab);
    assert.deepEqual(created?.deployments, []);
    assert.equal(created?.taskDefinition, undefined);
    assert.equal(created?.launchType, undefined);

    const old = await createSet(lab, { scale: percent(100), externalId: 'blue' });
    assert.match(old, /^ecs-svc\/\d{19}$/);
    await lab.client.send(new UpdateServicePrimaryTaskSetCommand({ ...place, primaryTaskSet: old }));
    await untilRunning(lab, [4]);
    const taskDefinition = await lab.define({ image: 'busybox:2' });
    const young = await createSet(lab, { taskDefinition });
    await untilRunning(lab, [4, 0]);
    await scale(lab, young, 10);
    await untilRunning(lab, [4, 1]);
    await scale(lab, young, 50);
    await untilRunning(lab, [4, 2]);
    await scale(lab, young, 100);
    await untilRunning(lab, [4, 4]);

    const { taskSet } = await lab.client.send(
      new UpdateServicePrimaryTaskSetCommand({ ...place, primaryTaskSet: young }),
    );
    assert.equal(taskSet?.status, 'PRIMARY');
    const moved = await lab.service();
    assert.equal(moved.taskDefinition, taskDefinition);
    assert.deepEqual(
      moved.taskSets?.map(({ id, status, computedDesiredCount: count }) => [id, status, count]),
      [
        [young, 'PRIMARY', 4],
        [old, 'ACTIVE', 4],
      ],
    );
    await assert.rejects(lab.client.send(new DeleteTaskSetCommand({ ...place, taskSet: old })), /scaled above 0/);
    const { taskSet: leaving } = await lab.client.send(
      new DeleteTaskSetCommand({ ...place, taskSet: old, force: true }),
    );
    assert.equal(leaving?.status, 'DRAINING');
    await untilRunning(lab, [4]);
    await lab.until(({ taskSets = [] }) => taskSets.length === 1);
    const { failures = [] } = await describeSets(lab, [old]);
    assert.deepEqual(failures[0]?.reason, 'MISSING');
    assert.match(failures[0]?.arn ?? '', /:task-set\/default\/web\/ecs-svc\/\d+$/);
    const started = (await lab.service()).events?.filter(({ message }) => message?.includes(`taskSet ${young})`));
    assert.match(started?.at(-1)?.message ?? '', /^\(service web, taskSet ecs-svc\/\d+\) has started 1 tasks: /);
  });

  it('holds its sets over a restart, a dead task, a drained instance and another desired count', async (test) => {
    const lab = await openServiceLab(test);
    const first = await lab.agent();
    await createService(lab);
    const set = await createSet(lab, { scale: percent(50) });
    await untilRunning(lab, [2]);
    await lab.restart();
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 6 }));
    await untilRunning(lab, [3]);
    await lab.agent();
    const containerInstances = [first.containerInstanceArn];
    await lab.client.send(new UpdateContainerInstancesStateCommand({ containerInstances, status: 'DRAINING' }));
    await lab.until(async () => {
      const live = (await lab.tasks()).filter(({ lastStatus }) => lastStatus !== 'STOPPED');
      return (
        live.length === 3 && live.every((task) => !first.containerInstanceArn.endsWith(`/${task.containerInstanceId}`))
      );
    });
    assert.ok((await lab.tasks()).every(({ startedBy, group }) => startedBy === set && group === 'service:web'));
  });

  it('starts what has room while another set waits for some', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    await createService(lab);
    const { taskDefinition } = await lab.client.send(
      new RegisterTaskDefinitionCommand({
        family: 'huge',
        containerDefinitions: [{ name: 'main', image: 'web', memory: 500_000 }],
      }),
    );
    await createSet(lab, { taskDefinition: taskDefinition?.taskDefinitionArn, scale: percent(50) });
    await lab.until(({ events = [] }) => events.some(({ message }) => /unable to place a task/.test(message ?? '')));
    const small = await createSet(lab, { scale: percent(25) });
    const asked = Date.now();
    await scale(lab, small, 75);
    await lab.until(async () => (await describeSets(lab, [small])).taskSets?.[0]?.runningCount === 3);
    // A refusal is tried again after 15 seconds: the small set is not to wait for that.
    assert.ok(Date.now() - asked < 10_000);
  });

  it('is deleted by force with all its sets', async (test) => {
    const lab = await openServiceLab(test);
    await lab.agent();
    await createService(lab, { desiredCount: 0 });
    await createSet(lab, { scale: percent(100) });
    await assert.rejects(lab.client.send(new DeleteServiceCommand({ service: 'web' })), {
      name: 'InvalidParameterException',
      message: 'The service cannot be stopped while deployments are active.',
    });
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 2 }));
    await untilRunning(lab, [2]);
    await lab.client.send(new DeleteServiceCommand({ service: 'web', force: true }));
    await lab.until(({ status }) => status === 'INACTIVE');
    assert.ok((await lab.tasks()).every(({ lastStatus }) => lastStatus === 'STOPPED'));
  });

  it('reads back what was asked, once for each client token', async (test) => {
    const lab = await openServiceLab(test);
    await createService(lab);
    const tags = [{ key: 'stage', value: 'canary' }];
    const taskDefinition = await lab.define();
    const asked = { taskDefinition, clientToken: 'again', externalId: 'x', scale: percent(2.5), tags };
    const id = await createSet(lab, asked);
    assert.equal(await createSet(lab, asked), id);
    const { taskSets = [] } = await lab.client.send(new DescribeTaskSetsCommand({ ...place, include: ['TAGS'] }));
    const { createdAt: _created, updatedAt: _updated, stabilityStatusAt: _at, ...shown } = taskSets[0] as TaskSet;
    const arn = 'arn:aws:ecs:us-east-1:111122223333';
    assert.deepEqual(shown, {
      id,
      taskSetArn: `${arn}:task-set/default/web/${id}`,
      serviceArn: `${arn}:service/default/web`,
      clusterArn: `${arn}:cluster/default`,
      externalId: 'x',
      status: 'ACTIVE',
      taskDefinition,
      computedDesiredCount: 1,
      pendingCount: 0,
      runningCount: 0,
      launchType: 'EC2',
      loadBalancers: [],
      serviceRegistries: [],
      scale: percent(2.5),
      stabilityStatus: 'STABILIZING',
      tags,
    });
    const resourceArn = shown.taskSetArn ?? '';
    await lab.client.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'by', value: 'hand' }] }));
    const listed = await lab.client.send(new ListTagsForResourceCommand({ resourceArn }));
    assert.deepEqual(listed.tags, [...tags, { key: 'by', value: 'hand' }]);
  });

  it('refuses what is not for it', async (test) => {
    const lab = await openServiceLab(test);
    const taskDefinition = await lab.define();
    await assert.rejects(createService(lab, { taskDefinition }), /taskDefinition cannot be specified/);
    await createService(lab);
    const refusals: readonly (readonly [() => Promise<unknown>, string, RegExp])[] = [
      [
        () => lab.client.send(new UpdateServiceCommand({ service: 'web', taskDefinition })),
        'InvalidParameterException',
        /Unable to update taskDefinition on services with an EXTERNAL/,
      ],
      [
        () => lab.client.send(new UpdateServiceCommand({ service: 'web', forceNewDeployment: true })),
        'InvalidParameterException',
        /Cannot force a new deployment/,
      ],
      [() => createSet(lab, { scale: percent(101) }), 'InvalidParameterException', /between 0 and 100/],
      [() => createSet(lab, { taskDefinition: 'nothing:1' }), 'ClientException', /TaskDefinition/],
      [() => scale(lab, 'ecs-svc/1', 10), 'TaskSetNotFoundException', /TaskSet not found/],
      [() => scale(lab, 'not an id', 10), 'TaskSetNotFoundException', /TaskSet not found/],
      [
        () => lab.client.send(new UpdateServicePrimaryTaskSetCommand({ ...place, primaryTaskSet: 'ecs-svc/1' })),
        'TaskSetNotFoundException',
        /TaskSet not found/,
      ],
      [
        () => lab.client.send(new DescribeTaskSetsCommand({ ...place, service: 'none' })),
        'ServiceNotFoundException',
        /Service not found/,
      ],
    ];
    for (const [call, name, message] of refusals) await assert.rejects(call(), { name, message });
    for (let count = 0; count < 5; count += 1) await createSet(lab, { taskDefinition });
    await assert.rejects(createSet(lab, { taskDefinition }), /up to 5 task sets/);
    const deploymentController = { type: 'ECS' as const };
    await lab.client.send(
      new CreateServiceCommand({ serviceName: 'own', taskDefinition, desiredCount: 0, deploymentController }),
    );
    const own = new CreateTaskSetCommand({ ...place, service: 'own', taskDefinition });
    await assert.rejects(lab.client.send(own), /EXTERNAL deployment controller/);
  });
});

describe("a task set's share", () => {
  it('is rounded up, and never by what binary fractions add', () => {
    const share = (desiredCount: number, value: number): number =>
      computedDesiredCount({ desiredCount }, { taskSet: { scale: value, tags: [] } });
    assert.equal(share(12, 10), 2);
    assert.equal(share(500, 4.6), 23);
    assert.equal(share(7, 0), 0);
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(1_000), (desiredCount, thousandth) => {
        const exactly = Number((BigInt(desiredCount) * BigInt(thousandth) + 999n) / 1000n);
        assert.equal(share(desiredCount, thousandth / 10), exactly);
      }),
    );
  });
});
