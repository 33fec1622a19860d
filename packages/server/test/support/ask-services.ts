/** Questions about services that tests ask the real server through the SDK. */
import assert from 'node:assert/strict';
import {
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  ListServiceDeploymentsCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import type { ECSClient, Service, ServiceDeployment } from '@aws-sdk/client-ecs';

export interface ServiceQuestions {
  /** A new revision of the family `web`; answers its ARN. */
  define(): Promise<string>;
  serviceOf(name: string): Promise<Service>;
  /** The newest service deployment of a service. */
  latest(service: string): Promise<ServiceDeployment>;
}

export const askServices = (client: () => ECSClient): ServiceQuestions => ({
  define: async () => {
    const containerDefinitions = [{ name: 'main', image: 'busybox', memory: 64, cpu: 10 }];
    const command = new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions });
    return (await client().send(command)).taskDefinition?.taskDefinitionArn ?? '';
  },
  serviceOf: async (name) => {
    const { services = [] } = await client().send(new DescribeServicesCommand({ services: [name] }));
    assert.ok(services[0]);
    return services[0];
  },
  latest: async (service) => {
    const list = new ListServiceDeploymentsCommand({ service, cluster: 'default' });
    const { serviceDeployments = [] } = await client().send(list);
    const [newest] = serviceDeployments.toSorted(
      (left, right) => (right.createdAt?.getTime() ?? 0) - (left.createdAt?.getTime() ?? 0),
    );
    const serviceDeploymentArns = [newest?.serviceDeploymentArn ?? ''];
    const described = await client().send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }));
    assert.ok(described.serviceDeployments?.[0]);
    return described.serviceDeployments[0];
  },
});

/** Waits until something has come about; fails after fifteen seconds. */
export const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
