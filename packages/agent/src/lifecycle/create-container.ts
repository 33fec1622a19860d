/**
 * Creating a container on the engine. Its name was chosen beforehand, so that a create whose answer was lost is
 * found again instead of made twice.
 */
import { EngineError, isConflict } from '@oreno/engine';
import type { ContainerCreateBody } from '@oreno/engine';
import { BadDockerConfig, containerConfig, cpuSharesOf, memoryMiBOf } from '../domain/container-config.ts';
import { ContainerFailure } from '../domain/container-failure.ts';
import { changeContainer } from '../domain/derive-task.ts';
import { agentLabel, instanceLabel, memoryLabel, memoryOf, taskArnLabel } from '../domain/labels.ts';
import { parsePortRange, protocolOf, rangeKey, rangesOf } from '../domain/port-bindings.ts';
import { ephemeralPorts, findPortRun, isPortFree } from '../networks/host-port-range.ts';
import { pauseImage } from '../images/pause-image.ts';
import type { TaskChange } from '../domain/observe-container.ts';
import type { StepTools, Work } from './step-context.ts';

const CREATE_LIMIT_MS = 4 * 60_000;

/** Creates the container, or finds the one that an earlier attempt created. */
export async function createContainer(tools: StepTools, work: Work): Promise<TaskChange> {
  const { container } = work;
  const body = container.type === 'NORMAL' ? await normalBody(tools, work) : await pauseBody(tools, work);
  const dockerId = await create(tools, work, body);
  const limits = { cpuShares: cpuSharesOf(container), memoryMiB: memoryMiBOf(container) };
  return (task, now) =>
    changeContainer(task, container.name, { ...limits, dockerId, createdAt: now, knownStatus: 'CREATED' }, now);
}

async function create(tools: StepTools, { task, container, signal }: Work, body: ContainerCreateBody): Promise<string> {
  const options = { signal, timeoutMs: CREATE_LIMIT_MS };
  try {
    return (await tools.engine.containers.create(container.dockerName, body, options)).Id;
  } catch (error) {
    if (isConflict(error)) {
      const existing = await tools.engine.containers.inspect(container.dockerName, { signal });
      const labels = existing.Config.Labels ?? {};
      if (labels[taskArnLabel] === task.arn && labels[agentLabel] === tools.agentId) return existing.Id;
    }
    if (!(error instanceof EngineError) || error.kind === 'connection') throw error;
    if (error.kind === 'timeout')
      throw new ContainerFailure('DockerTimeoutError', 'Could not transition to created; timed out after waiting 4m0s');
    throw new ContainerFailure('CannotCreateContainerError', `Error response from daemon: ${error.message}`, {
      cause: error,
    });
  }
}

async function normalBody(tools: StepTools, { task, container }: Work): Promise<ContainerCreateBody> {
  const taskCredentialsId = task.taskCredentialsId;
  try {
    return containerConfig(task, container, {
      agentId: tools.agentId,
      containerInstanceArn: tools.state.identity.containerInstanceArn,
      cgroupParent: tools.cgroups.parentOf(task),
      hostPortRanges: await chooseRanges(task, container),
      logOptions: await tools.logOptions.optionsFor(task, container),
      taskCredentialsId,
    });
  } catch (error) {
    if (error instanceof BadDockerConfig) throw new ContainerFailure(error.name, error.message);
    throw error;
  }
}

async function chooseRanges(task: Work['task'], container: Work['container']): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  const mappings = rangesOf(task, container);
  if (mappings.length === 0) return chosen;
  const within = await ephemeralPorts();
  for (const mapping of mappings) {
    const range = parsePortRange(mapping.containerPortRange ?? '');
    if (!range)
      throw new ContainerFailure('HostConfigError', `invalid container port range: ${mapping.containerPortRange}`);
    const start = within.first + Math.floor(Math.random() * (within.last - within.first));
    const length = range.last - range.first + 1;
    const first = await findPortRun(length, within, start, (port) => isPortFree(port, protocolOf(mapping)));
    if (first === undefined)
      throw new ContainerFailure('HostConfigError', `no ${length} free host ports for ${mapping.containerPortRange}`);
    chosen[rangeKey(mapping)] = first;
  }
  return chosen;
}

/** The container that holds the task's network, or its process and IPC namespaces. */
async function pauseBody(tools: StepTools, { task, container }: Work): Promise<ContainerCreateBody> {
  const body = {
    Image: pauseImage,
    Labels: {
      ...container.labels,
      [agentLabel]: tools.agentId,
      [instanceLabel]: tools.state.identity.containerInstanceArn,
      [memoryLabel]: memoryOf(task, container),
    },
  };
  const cgroupParent = tools.cgroups.parentOf(task);
  const cgroup = cgroupParent === undefined ? {} : { CgroupParent: cgroupParent };
  // Nobody reads a pause container's output; the task's own log driver must not be needed for it.
  const quiet = { ...cgroup, LogConfig: { Type: 'none' } };
  if (container.type === 'NAMESPACE_PAUSE')
    return { ...body, HostConfig: { ...quiet, NetworkMode: 'none', IpcMode: 'shareable' } };
  const eni = task.payload.elasticNetworkInterfaces?.[0];
  const network = await tools.networks.ensure(eni);
  return {
    ...body,
    Hostname: eni?.privateDnsName?.split('.', 1)[0],
    MacAddress: network.macAddress,
    HostConfig: { ...quiet, NetworkMode: network.name, Dns: eni?.domainNameServers, DnsSearch: eni?.domainName },
    NetworkingConfig: { EndpointsConfig: { [network.name]: network.endpoint } },
  };
}
