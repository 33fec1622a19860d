/**
 * The network of awsvpc tasks: a bridge of this agent's own, on which each task's pause container has an address, so
 * that every task has all ports to itself. Where the control plane gives the task an interface with an address, the
 * bridge has that interface's subnet and the task gets that very address.
 */
import { EngineError, isNotFound } from '@oreno/engine';
import type { Engine, EndpointSettings, NetworkCreateBody, NetworkInspect } from '@oreno/engine';
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
  /** Undefined where the engine may choose. */
  readonly range: Range | undefined;
}

interface Range {
  readonly subnet: string;
  readonly gateway: string;
}

export interface TaskNetworks {
  /** Makes sure of the bridge and says how the pause container is to be connected to it. */
  ensure(eni: AcsElasticNetworkInterface | undefined): Promise<TaskNetwork>;
}

/** The networks of one agent. A bridge is made by one call at a time: the engine would make two of the same name. */
export function createTaskNetworks(engine: Engine, agentId: string): TaskNetworks {
  const making = new Map<string, Promise<void>>();
  const ensureOnce = (wanted: Wanted): Promise<void> => {
    const under = making.get(wanted.name);
    if (under) return under;
    const made = ensureNetwork(engine, agentId, wanted).finally(() => making.delete(wanted.name));
    making.set(wanted.name, made);
    return made;
  };
  return {
    async ensure(eni) {
      const wanted = wantedNetwork(agentId, eni);
      await ensureOnce(wanted);
      const address = (eni?.ipv4Addresses?.find(({ primary }) => primary) ?? eni?.ipv4Addresses?.[0])?.privateAddress;
      const given = wanted.range !== undefined && address !== undefined;
      return {
        name: wanted.name,
        endpoint: given ? { IPAMConfig: { IPv4Address: address } } : {},
        macAddress: eni?.macAddress || undefined,
      };
    },
  };
}

/** The bridge that an interface belongs to; the agent's common one where the interface names no subnet. */
export function wantedNetwork(agentId: string, eni: AcsElasticNetworkInterface | undefined): Wanted {
  const [gateway, length] = eni?.subnetGatewayIpv4Address?.split('/') ?? [];
  const subnet = subnetOf(gateway, Number(length));
  const common = `oreno-awsvpc-${agentId}`;
  if (subnet === undefined || gateway === undefined) return { name: common, range: undefined };
  return { name: `${common}-${subnet.replace('/', '-')}`, range: { subnet, gateway } };
}

async function ensureNetwork(engine: Engine, agentId: string, wanted: Wanted): Promise<void> {
  if (await exists(engine, wanted.name)) return;
  // An engine may have no address pool left, or none that fits beside the host's routes: then one is looked for here.
  const ranges = wanted.range === undefined ? [undefined, ...spareRanges(agentId)] : [wanted.range];
  let refusal = '';
  for (const range of ranges) {
    const body = networkBody(wanted, range, agentId);
    try {
      await engine.networks.create(body);
      return;
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'response') throw error;
      refusal = error.message;
    }
  }
  throw new TaskFailure(`cannot make the task network ${wanted.name}: ${refusal}`);
}

/** The gateway is always named: the agent's own servers listen on it. */
const networkBody = (wanted: Wanted, range: Range | undefined, agentId: string): NetworkCreateBody => ({
  Name: wanted.name,
  Driver: 'bridge',
  CheckDuplicate: true,
  Labels: { [agentLabel]: agentId },
  ...(range === undefined ? {} : { IPAM: { Config: [{ Subnet: range.subnet, Gateway: range.gateway }] } }),
});

/** Subnets of private addresses, the same at each try for one agent. */
function spareRanges(agentId: string): Range[] {
  const seed = Number.parseInt(agentId.slice(0, 6), 16);
  return Array.from({ length: 8 }, (_, index) => {
    const prefix = `10.${192 + ((seed + index) % 60)}.${(seed >> 8) % 256}`;
    return { subnet: `${prefix}.0/24`, gateway: `${prefix}.1` };
  });
}

const exists = (engine: Engine, name: string): Promise<NetworkInspect | false> =>
  engine.networks.inspect(name).catch((error: unknown) => {
    if (isNotFound(error)) return false;
    throw error;
  });
