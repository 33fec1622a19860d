/**
 * The network of awsvpc tasks: a bridge of this agent's own, on which each task's pause container has an address, so
 * that every task has all ports to itself. Where the control plane gives the task an interface with an address, the
 * bridge has that interface's subnet and the task gets that very address.
 */
import { EngineError, isConflict, isNotFound } from '@oreno/engine';
import type { Engine, EndpointSettings, NetworkInspect } from '@oreno/engine';
import { TaskFailure } from '../domain/container-failure.ts';
import { agentLabel } from '../domain/labels.ts';
import { subnetOf } from '../domain/observe-container.ts';
import type { AcsElasticNetworkInterface } from '../protocol/acs-messages.ts';

export interface TaskNetwork {
  readonly name: string;
  readonly endpoint: EndpointSettings;
  readonly macAddress: string | undefined;
}

interface Wanted {
  readonly name: string;
  readonly subnet: string | undefined;
  readonly gateway: string | undefined;
}

/** Makes sure of the bridge and says how the pause container is to be connected to it. */
export async function ensureTaskNetwork(
  engine: Engine,
  agentId: string,
  eni: AcsElasticNetworkInterface | undefined,
  signal: AbortSignal,
): Promise<TaskNetwork> {
  const wanted = wantedNetwork(agentId, eni);
  await ensureNetwork(engine, agentId, wanted, signal);
  const address = (eni?.ipv4Addresses?.find(({ primary }) => primary) ?? eni?.ipv4Addresses?.[0])?.privateAddress;
  const given = wanted.subnet !== undefined && address !== undefined;
  return {
    name: wanted.name,
    endpoint: given ? { IPAMConfig: { IPv4Address: address } } : {},
    macAddress: eni?.macAddress || undefined,
  };
}

/** The bridge that an interface belongs to; the agent's common one where the interface names no subnet. */
export function wantedNetwork(agentId: string, eni: AcsElasticNetworkInterface | undefined): Wanted {
  const [gateway, length] = eni?.subnetGatewayIpv4Address?.split('/') ?? [];
  const subnet = subnetOf(gateway, Number(length));
  const common = `oreno-awsvpc-${agentId}`;
  if (subnet === undefined) return { name: common, subnet: undefined, gateway: undefined };
  return { name: `${common}-${subnet.replace('/', '-')}`, subnet, gateway };
}

async function ensureNetwork(engine: Engine, agentId: string, wanted: Wanted, signal: AbortSignal): Promise<void> {
  if (await exists(engine, wanted.name, signal)) return;
  try {
    await engine.networks.create(
      {
        Name: wanted.name,
        Driver: 'bridge',
        CheckDuplicate: true,
        Labels: { [agentLabel]: agentId },
        ...(wanted.subnet === undefined
          ? {}
          : { IPAM: { Config: [{ Subnet: wanted.subnet, Gateway: wanted.gateway }] } }),
      },
      { signal },
    );
  } catch (error) {
    // Two tasks may come first at once.
    if (isConflict(error) && (await exists(engine, wanted.name, signal))) return;
    if (!(error instanceof EngineError) || error.kind !== 'response') throw error;
    throw new TaskFailure(`cannot make the task network ${wanted.name}: ${error.message}`, { cause: error });
  }
}

const exists = (engine: Engine, name: string, signal: AbortSignal): Promise<NetworkInspect | false> =>
  engine.networks.inspect(name, { signal }).catch((error: unknown) => {
    if (isNotFound(error)) return false;
    throw error;
  });
