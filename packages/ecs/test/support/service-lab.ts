/** ECS with agents that only pretend to run containers, and what tests of the service scheduler ask of it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { DescribeServicesCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import type { ContainerDefinition, Service } from '@aws-sdk/client-ecs';
import type { AlarmSource } from '../../src/index.ts';
import { tasks, type TaskRecord } from '../../src/records.ts';
import { account, region, serveEcs, type EcsServer } from './ecs-server.ts';

export interface ServiceLab extends EcsServer {
  /** A new revision of the family `web`; answers its ARN. */
  define(changes?: Partial<ContainerDefinition>): Promise<string>;
  service(name?: string): Promise<Service>;
  /** Every task of the service, whatever its status. */
  tasks(name?: string): Promise<readonly TaskRecord[]>;
  /** Waits until services are as wanted; fails with the last events after eight seconds. */
  until(condition: (service: Service) => boolean | Promise<boolean>, name?: string): Promise<Service>;
}

export const isStable = ({ deployments = [], runningCount, desiredCount }: Service): boolean =>
  deployments.length === 1 && runningCount === desiredCount && deployments[0]?.rolloutState === 'COMPLETED';

/** Serves ECS for one test of services. */
export const openServiceLab = async (
  test: TestContext,
  options: { readonly alarms?: AlarmSource } = {},
): Promise<ServiceLab> => {
  const server = await serveEcs(test, options);
  const { store, client } = server;
  const service = async (name = 'web'): Promise<Service> => {
    const { services = [] } = await client.send(new DescribeServicesCommand({ services: [name] }));
    assert.ok(services[0], `no service ${name}`);
    return services[0];
  };
  return {
    ...server,
    service,
    define: async (changes = {}) => {
      const container = { name: 'main', image: 'busybox', memory: 64, cpu: 10, ...changes };
      const command = new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [container] });
      return (await client.send(command)).taskDefinition?.taskDefinitionArn ?? '';
    },
    tasks: async (name = 'web') => {
      const where = { account, region, clusterName: 'default', group: `service:${name}` };
      const rows = await store.read((transaction) => transaction.list(tasks, { index: 'byGroup', where }));
      return rows.map(({ record }) => record);
    },
    until: async (condition, name = 'web') => {
      const end = Date.now() + 8_000;
      for (;;) {
        const now = await service(name);
        if (await condition(now)) return now;
        if (Date.now() > end) {
          const { events = [], deployments } = now;
          assert.fail(`did not come about: ${JSON.stringify({ deployments, events: events.slice(0, 8) }, null, 1)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
};
