/** `oreno status`: what runs on this machine, asked of the server itself. */
import { openClient, type Client } from '../client.ts';
import { openDataDir, readNote } from '../data-dir.ts';
import { table } from '../table.ts';
import { runningTasks } from '../tasks.ts';

export const status = async (options: { readonly dataDir?: string }): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const note = readNote(dataDir);
  if (note === undefined) {
    process.stdout.write(`Nothing runs on ${dataDir.root}. Start it with: oreno up --detach\n`);
    process.exitCode = 1;
    return;
  }
  const client = openClient(dataDir, note);
  process.stdout.write(
    `Server   ${note.origin}, process ${note.pid}, account ${note.account}, region ${note.region}\n`,
  );
  const { clusterArns = [] } = await client.ecs('ListClusters', {});
  for (const arn of clusterArns) await showCluster(client, arn.slice(arn.lastIndexOf('/') + 1));
};

const showCluster = async (client: Client, cluster: string): Promise<void> => {
  process.stdout.write(`\nCluster  ${cluster}\n`);
  const { containerInstanceArns = [] } = await client.ecs('ListContainerInstances', { cluster });
  if (containerInstanceArns.length > 0) await showInstances(client, cluster, containerInstanceArns.slice(0, 100));
  const tasks = await runningTasks(client, cluster);
  if (tasks.length > 0) await showTasks(client, cluster, tasks.slice(0, 100));
  if (tasks.length > 100) process.stdout.write(`  … and ${tasks.length - 100} more tasks\n`);
};

const last = (arn: string | undefined): string => arn?.slice(arn.lastIndexOf('/') + 1) ?? '';

const showInstances = async (client: Client, cluster: string, arns: readonly string[]): Promise<void> => {
  const { containerInstances = [] } = await client.ecs('DescribeContainerInstances', {
    cluster,
    containerInstances: arns,
  });
  const left = (resources: (typeof containerInstances)[number]['remainingResources'], name: string): string =>
    String(resources?.find((resource) => resource.name === name)?.integerValue ?? '');
  process.stdout.write(
    table(
      ['CONTAINER INSTANCE', 'STATUS', 'AGENT', 'RUNNING', 'PENDING', 'CPU LEFT', 'MIB LEFT'],
      containerInstances.map((instance) => [
        last(instance.containerInstanceArn),
        instance.status ?? '',
        instance.agentConnected === true ? 'connected' : 'away',
        String(instance.runningTasksCount ?? 0),
        String(instance.pendingTasksCount ?? 0),
        left(instance.remainingResources, 'CPU'),
        left(instance.remainingResources, 'MEMORY'),
      ]),
    ),
  );
};

const showTasks = async (client: Client, cluster: string, arns: readonly string[]): Promise<void> => {
  const { tasks = [] } = await client.ecs('DescribeTasks', { cluster, tasks: arns });
  process.stdout.write(
    table(
      ['TASK', 'DEFINITION', 'STATUS', 'PORTS'],
      tasks.map((task) => [
        last(task.taskArn),
        last(task.taskDefinitionArn),
        task.lastStatus ?? '',
        (task.containers ?? [])
          .flatMap((container) => container.networkBindings ?? [])
          .map((binding) => `${binding.hostPort}->${binding.containerPort}/${binding.protocol}`)
          .join(' '),
      ]),
    ),
  );
};
