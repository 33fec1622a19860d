/**
 * Stages: a converged instance is copied (copy-on-write where the pool can) under a key made of all that went into it;
 * the next create with the same key starts from the copy, and its first converge has nothing to do.
 */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeInstance } from '../launch.ts';
import { madeByKitchen, type Context } from './context.ts';
import { nameFor, ownerKeys } from './owner.ts';
import { withSnapshot } from './snapshot.ts';
import { keyOf, surroundingsOf } from './surroundings.ts';
import { publicKey } from './user.ts';
import { text } from './values.ts';

const keyName = 'user.kitchen.stage';

/** Everything that decides how the converged instance turns out; undefined when nothing is to be kept. */
export const stageKeyOf = async (context: Context): Promise<string | undefined> => {
  const { config, params } = context;
  const inputs = text(params, 'inputs');
  if (!config.snapshot || inputs === undefined) return undefined;
  const way = params['transport'] === 'ssh' ? [config.authorizedKeysPath, publicKey(context)] : [];
  const mounted = readOnlyFolders(context);
  return keyOf([2, await surroundingsOf(context), config.request, config.username, way, mounted, inputs]);
};

/**
 * What is in the folders that are mounted for reading: names, modes, sizes and times. What the instance itself may write
 * cannot decide how it turned out, nor can folders of another machine be seen.
 */
const readOnlyFolders = ({ config: { request, target } }: Context): readonly unknown[] => {
  const isHere = target.remote === undefined || target.remote.startsWith('unix:');
  return isHere ? request.mounts.filter((mount) => mount.readonly).map(({ source }) => contentsOf(source)) : [];
};

const contentsOf = (root: string): readonly unknown[] => {
  if (!existsSync(root)) return [];
  const names = ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()];
  return names.map((name) => {
    const { mode, size, mtimeMs } = lstatSync(join(root, name));
    return [name, mode, size, mtimeMs];
  });
};

const stagesOf = async ({ lxd, owner, subject }: Context) =>
  (await madeByKitchen(lxd)).filter(
    ({ made }) => made.kind === 'stage' && made.owner === owner && made.instance === subject.instance,
  );

/** Name of the kept instance with the key, unless it is too old. */
export const findStage = async (context: Context, key: string): Promise<string | undefined> => {
  const oldest = Date.now() - context.config.snapshotMaxAge;
  const stage = (await stagesOf(context)).find(({ config }) => config[keyName] === key);
  return stage !== undefined && Date.parse(stage.created_at) >= oldest ? stage.name : undefined;
};

/** Keeps the instance as it is now, in place of what was kept of it before; false when nothing is to be kept. */
export const keepStage = async (context: Context): Promise<boolean> => {
  const { lxd, name, call, owner, subject } = context;
  const key = await stageKeyOf(context);
  if (key === undefined) return false;
  for (const old of await stagesOf(context)) await removeInstance(lxd, old.name);
  await lxd.instance(name).run(['sync'], { anyExitCode: true });
  await withSnapshot(lxd, name, 'kitchen-stage', async (snapshot) => {
    const { config, devices, profiles } = await lxd.instance(name).get();
    const kept = Object.entries(config).filter(([each]) => !each.startsWith('volatile.'));
    const keys = { ...ownerKeys(owner, subject, 'stage'), [keyName]: key };
    await lxd.instances.create(
      {
        name: nameFor(`${owner}/stage`, `stage-${subject.instance}`),
        source: { copy: snapshot },
        config: { ...Object.fromEntries(kept), ...keys },
        devices,
        profiles,
      },
      { signal: call.signal },
    );
  });
  return true;
};
