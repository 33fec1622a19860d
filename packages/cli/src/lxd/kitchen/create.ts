/** `create`: makes sure that the instance is there, runs and can be used; again is no harm. */
import { LxdError, NotFoundError, TimeoutError, type InstanceInfo } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import { launch, removeInstance } from '../launch.ts';
import type { Context } from './context.ts';
import { imageOf } from './image.ts';
import { lives, removeLeftovers } from './leftovers.ts';
import { ownerIn, ownerKeys } from './owner.ts';
import { retireMembers, takeMember } from './pool.ts';
import { explainRefusal } from './refusals.ts';
import { findStage, stageKeyOf } from './stage.ts';
import { admitKey, makeUser } from './user.ts';
import { map, text } from './values.ts';
import { wake } from './wake.ts';

/** Answers what the state file is to keep; the name in it is another than was written before when one waited in the pool. */
export const create = async (context: Context): Promise<{ readonly state: Readonly<Record<string, string>> }> => {
  const { lxd, config, name, call } = context;
  for (const warning of config.warnings) await call.emit('warn', warning);
  for (const left of await removeLeftovers(context)) {
    await call.emit('info', `Removed ${left}, which a run that was killed or a folder that is gone had left.`);
  }
  for (const old of await retireMembers(context)) {
    await call.emit('info', `Removed ${old}, which waited in the pool for nothing.`);
  }
  const found = await existing(context);
  if (found !== undefined && isHalfMade(context, found)) {
    await removeInstance(lxd, name);
    await call.emit('info', `Removed ${name}, which a run that was killed had left.`);
  } else if (found !== undefined) {
    await wake(context);
    return { state: await access(context) };
  }
  const key = await stageKeyOf(context);
  const stage = key === undefined ? undefined : await findStage(context, key);
  const taken = stage === undefined ? await takeMember(context) : undefined;
  if (taken !== undefined) await call.emit('info', `Took ${taken} from the pool.`);
  const named = { ...context, name: taken ?? name };
  try {
    if (taken === undefined) await make(named, stage);
    const state = { container_name: named.name, ...(await access(named)) };
    return { state: stage === undefined ? state : { ...state, lxd_stage: key ?? '' } };
  } catch (error) {
    await removeInstance(lxd, named.name).catch(() => {});
    throw (error instanceof LxdError && explainRefusal(error, config.request)) || error;
  }
};

/** Launches it from the image, or from a stage. */
const make = async (context: Context, stage: string | undefined): Promise<void> => {
  const { lxd, config, name, call, owner, subject } = context;
  const keys = ownerKeys(owner, subject, 'instance');
  const source =
    stage === undefined ? { fingerprint: (await imageOf(context)).fingerprint } : { copy: stage, instanceOnly: true };
  // A copy takes over no profiles by itself.
  const profiles = config.request.profiles ?? (stage === undefined ? undefined : ['default']);
  const request = { ...config.request, profiles, config: { ...config.request.config, ...keys } };
  const until = config.request.cloudInit === undefined ? 'boot' : 'cloud-init';
  const tell = (words: string): void => void call.emit('debug', words);
  await launch(lxd, name, source, request, { tell, signal: call.signal, timeout: config.timeout, until });
};

/** An instance of the name, when it is this Kitchen instance's own. */
const existing = async ({ lxd, name, owner, subject }: Context): Promise<InstanceInfo | undefined> => {
  const found = await lxd
    .instance(name)
    .get()
    .catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    });
  if (found === undefined) return undefined;
  const made = ownerIn(found.config);
  if (made?.owner === owner && made.instance === subject.instance) return found;
  const whose = made === undefined ? 'Test Kitchen did not make it' : `it is ${made.instance} of ${made.root}`;
  throw new BridgeError('name-in-use', `There is an instance ${name} already, and ${whose}.`, {
    remedy: 'Leave instance_name (container_name) out, so that names cannot collide, or choose another.',
  });
};

/** No state file says that it was made whole, and who was making it is gone: it may hold anything. */
const isHalfMade = ({ config, params }: Context, found: InstanceInfo): boolean => {
  const isRecorded = text(map(params, 'state'), 'last_action') !== undefined;
  return !isRecorded && !config.neverDestroy && !lives(ownerIn(found.config)?.run ?? 0);
};

/** The user that commands run as, and a way in for SSH where that is the transport. */
const access = async (context: Context): Promise<Readonly<Record<string, string>>> => {
  const { lxd, config, name, call, params } = context;
  const { username } = config;
  const instance = lxd.instance(name);
  if (username !== 'root') await makeUser(instance, username, call.signal);
  if (params['transport'] !== 'ssh') return { username };
  await admitKey(instance, context);
  try {
    const hostname = await instance.waitFor.address({ timeout: config.timeout, signal: call.signal });
    return { username, hostname };
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw new BridgeError('lxd', `${name} has no address within ${config.timeout / 1000} s (timeout).`, {
      remedy: 'The transport ssh needs one: put it on a network (network, profiles), or use the transport lxd.',
      cause: error,
    });
  }
};
