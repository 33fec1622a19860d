/** Rows of instances, as registration writes them, for tests and benchmarks of placement. */
import type { ContainerInstanceRecord } from '../../src/records.ts';

export const scope = { account: '000000000000', region: 'us-east-1' };
export const inDefault = { ...scope, clusterName: 'default' };

export const instanceRecord = (
  containerInstanceId: string,
  more: Partial<ContainerInstanceRecord> & {
    readonly zone?: string;
    readonly values?: Readonly<Record<string, string>>;
  } = {},
): ContainerInstanceRecord => {
  const { zone = 'us-east-1a', values = {}, ...rest } = more;
  return {
    ...inDefault,
    containerInstanceId,
    containerInstanceArn: `arn:aws:ecs:us-east-1:000000000000:container-instance/default/${containerInstanceId}`,
    registeredAt: 1,
    registered: { cpu: 2048, memory: 4096, ports: [22], portsUdp: [], gpus: [] },
    attributes: [
      { name: 'ecs.availability-zone', value: zone },
      ...Object.entries(values).map(([name, value]) => ({ name, value })),
    ],
    tags: [],
    origin: 'http://127.0.0.1:4566',
    status: 'ACTIVE',
    agentConnected: true,
    agentConnectedAt: 1,
    ...rest,
  };
};
