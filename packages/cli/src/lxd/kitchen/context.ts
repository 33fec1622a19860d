/** One request of Test Kitchen, read: the server, the configuration, and whose instance it is about. */
import { NotFoundError, type InstanceInfo, type Lxd } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import type { Call } from '../bridge/protocol.ts';
import { openTarget, type Target } from '../target.ts';
import { readConfig, type KitchenConfig } from './config.ts';
import { explainConnection } from './connection-errors.ts';
import { nameFor, ownerIn, ownerOf, type Made, type Subject } from './owner.ts';
import { map, need, number, text, type Raw } from './values.ts';

export interface Context {
  readonly lxd: Lxd;
  readonly config: KitchenConfig;
  readonly subject: Subject;
  readonly owner: string;
  /** The name of the Kitchen platform. */
  readonly platform: string;
  /** The instance's name: that of the state file, or the one it is going to have. */
  readonly name: string;
  /** Who commands run as. */
  readonly username: string;
  readonly call: Call;
  readonly params: Raw;
}

/** Keeps one connection to each server for the life of the bridge. */
export const connections = () => {
  const open = new Map<string, Promise<Lxd>>();
  return {
    to: (target: Target): Promise<Lxd> => {
      const key = JSON.stringify(target);
      const found = open.get(key) ?? openProject(target);
      open.set(key, found);
      // A server that was not there may be there at the next request.
      found.catch(() => open.delete(key));
      return found;
    },
    close: async (): Promise<void> => {
      for (const each of await Promise.allSettled(open.values())) if (each.status === 'fulfilled') each.value.close();
    },
  };
};

const openProject = async (target: Target): Promise<Lxd> => {
  const lxd = await openTarget(target).catch((error: unknown) => {
    throw explainConnection(error, target);
  });
  const { project } = target;
  if (project === undefined) return lxd;
  try {
    await lxd.projects.get(project);
    return lxd;
  } catch (error) {
    lxd.close();
    if (!(error instanceof NotFoundError)) throw error;
    throw new BridgeError('not-found', `There is no project ${project} at ${lxd.address}.`, {
      remedy: `Choose another with the key project, or make it: lxc project create ${project}`,
    });
  }
};

/** What is known of a request before any server is asked. */
export const readRequest = (params: Raw) => {
  const platform = need(params, 'platform');
  const config = readConfig(map(params, 'config'), platform);
  const instance = need(params, 'instance');
  const subject: Subject = { root: need(params, 'root'), instance, run: number(params, 'run') ?? 0 };
  const owner = ownerOf(subject.root);
  const state = map(params, 'state');
  const name = text(state, 'container_name') ?? config.instanceName ?? nameFor(owner, instance);
  return { config, subject, owner, platform, name, username: text(state, 'username') ?? config.username };
};

export const readContext = async (
  params: Raw,
  call: Call,
  connect: (target: Target) => Promise<Lxd>,
): Promise<Context> => {
  const request = readRequest(params);
  return { ...request, lxd: await connect(request.config.target), call, params };
};

/** What Test Kitchen made on the server, by its keys. */
export const madeByKitchen = async (lxd: Lxd): Promise<readonly (InstanceInfo & { readonly made: Made })[]> =>
  (await lxd.instances.list()).flatMap((instance) => {
    const made = ownerIn(instance.config);
    return made === undefined ? [] : [{ ...instance, made }];
  });
