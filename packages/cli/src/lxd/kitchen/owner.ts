/**
 * Whose an instance is: keys on the instance itself say which project folder, which Kitchen instance and which run made
 * it, so that what a killed run left is found again without any file of that run.
 */
import { createHash, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const prefix = 'user.kitchen.';

/** The Kitchen instance that a request is about. */
export interface Subject {
  /** The folder with kitchen.yml. */
  readonly root: string;
  /** `default-debian-12` */
  readonly instance: string;
  /** Process id of the run. */
  readonly run: number;
}

/**
 * `instance` is in use; `kept` was, and a destroy that only stops left it for later; `stage` is a converged one, kept to
 * start from; `pool` waits to be taken over, and is of a platform; `retired` has left the pool and is about to be removed.
 */
export type Kind = 'instance' | 'kept' | 'stage' | 'pool' | 'retired';

/** What an instance is, as a {@link Kind}. */
export const kindKey = `${prefix}kind`;

/** On a member of a pool that is booted and waits. */
export const readyKey = `${prefix}ready`;
const poolKey = `${prefix}pool`;

/** The keys that only members of a pool have. */
export const poolKeys: readonly string[] = [poolKey, readyKey];

/** A lasting id of a project folder: no two checkouts, users or machines share one. */
export const ownerOf = (root: string): string => {
  const folder = join(root, '.kitchen');
  const file = join(folder, 'lxd-owner');
  const known = ownerFrom(file, root);
  if (known !== undefined) return known;
  const id = randomUUID();
  mkdirSync(folder, { recursive: true });
  const own = join(folder, `lxd-owner.${id}`);
  writeFileSync(own, `${JSON.stringify({ id, root })}\n`);
  try {
    // Whole or not at all, and only where another run was not faster.
    linkSync(own, file);
    return id;
  } catch {
    const faster = ownerFrom(file, root);
    if (faster !== undefined) return faster;
    renameSync(own, file);
    return id;
  } finally {
    rmSync(own, { force: true });
  }
};

/** A copy of the folder is another owner: undefined for it, and where there is none yet. */
const ownerFrom = (file: string, root: string): string | undefined => {
  try {
    const { id, root: where } = JSON.parse(readFileSync(file, 'utf8')) as { id: string; root: string };
    return where === root ? id : undefined;
  } catch {
    return undefined;
  }
};

/** The same for the same Kitchen instance, and for nobody else's; LXD allows 63 characters. */
export const nameFor = (owner: string, instance: string): string => {
  const mark = createHash('sha256').update(`${owner}/${instance}`).digest('hex').slice(0, 8);
  const words = instance
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `kitchen-${words.slice(0, 45)}-${mark}`;
};

export const ownerKeys = (
  owner: string,
  { root, instance, run }: Subject,
  kind: Kind,
  pool?: string,
): Readonly<Record<string, string>> => ({
  [`${prefix}owner`]: owner,
  [`${prefix}instance`]: instance,
  [kindKey]: kind,
  [`${prefix}run`]: String(run),
  [`${prefix}root`]: root,
  [`${prefix}host`]: hostname(),
  ...(pool !== undefined && { [poolKey]: pool }),
});

/** What the keys of an instance say. */
export interface Made {
  readonly owner: string;
  readonly instance: string;
  readonly kind: string;
  readonly run: number;
  readonly root: string;
  /** Name of the machine that the folder is on. */
  readonly host: string;
  /** Of a member of a pool: what it answers to, and whether it waits. */
  readonly pool: string;
  readonly ready: boolean;
}

/** Reads the keys; undefined when Test Kitchen did not make the instance. */
export const ownerIn = (config: Readonly<Record<string, string>>): Made | undefined => {
  const of = (key: string): string => config[`${prefix}${key}`] ?? '';
  if (of('owner') === '') return undefined;
  return {
    owner: of('owner'),
    instance: of('instance'),
    kind: of('kind'),
    run: Number(of('run')),
    root: of('root'),
    host: of('host'),
    pool: of('pool'),
    ready: of('ready') === 'true',
  };
};

/**
 * Which of an owner's instances nobody will come back for: they are in no state file, and the run that made them has
 * ended. What is kept is none, nor are those of a pool that were made whole.
 */
export const decideLeftovers = (
  made: readonly (Made & { readonly name: string })[],
  owner: string,
  known: ReadonlySet<string>,
  lives: (run: number) => boolean,
): readonly string[] =>
  made
    .filter(({ kind, ready }) => kind !== 'stage' && kind !== 'kept' && !(kind === 'pool' && ready))
    .filter((each) => each.owner === owner && !known.has(each.name) && !lives(each.run))
    .map(({ name }) => name);

/**
 * What was kept to start from (stages, pools) for folders of this machine that are no more. Instances that were in use
 * stay: whoever deletes the folder may still want them.
 */
export const decideOrphans = (
  made: readonly (Made & { readonly name: string })[],
  host: string,
  exists: (folder: string) => boolean,
): readonly string[] =>
  made
    .filter(({ kind }) => kind !== 'instance' && kind !== 'kept')
    .filter((each) => each.host === host && !exists(each.root))
    .map(({ name }) => name);
