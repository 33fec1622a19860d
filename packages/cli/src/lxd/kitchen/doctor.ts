/** `doctor`: what stands between this configuration and an instance, with the remedy. Changes nothing. */
import type { Config, Devices } from '@oreno/lxd';
import type { Context } from './context.ts';
import { imageOf } from './image.ts';
import { poolLog } from './pool-filler.ts';
import { countMembers } from './pool.ts';

interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

const good = (text: string): Finding => ({ ok: true, text });
const bad = (text: string): Finding => ({ ok: false, text });

const copying = new Set(['btrfs', 'zfs', 'lvm', 'ceph']);

/** That the server answers is seen by the request having come this far. */
export const doctor = async (context: Context): Promise<{ readonly findings: readonly Finding[] }> => {
  const { lxd, config } = context;
  const { server, server_version: version } = lxd.server.environment;
  const findings = [good(`${server} ${version} answers at ${lxd.address}`), ...config.warnings.map(bad)];
  return { findings: [...findings, await image(context), ...(await storage(context)), ...(await pool(context))] };
};

const image = async (context: Context): Promise<Finding> => {
  try {
    const { fingerprint } = await imageOf(context);
    return good(`the image ${context.config.images[0]} is ${fingerprint.slice(0, 12)}`);
  } catch (error) {
    return bad((error as Error).message);
  }
};

const pool = async (context: Context): Promise<readonly Finding[]> => {
  if (context.config.pool === 0) return [];
  try {
    const { ready, wanted } = await countMembers(context);
    const words = `${ready} of ${wanted} instances wait in the pool of ${context.platform}`;
    return [good(ready < wanted ? `${words}; create fills it up, and ${poolLog} tells what went wrong there` : words)];
  } catch {
    // The findings before this one say why.
    return [];
  }
};

const storage = async ({ lxd, config }: Context): Promise<readonly Finding[]> => {
  const devices: Record<string, Config> = {};
  for (const profile of config.request.profiles ?? ['default']) {
    try {
      const path = `/profiles/${encodeURIComponent(profile)}`;
      Object.assign(devices, (await lxd.client.read<{ readonly devices: Devices }>(path)).devices);
    } catch {
      return [bad(`there is no profile ${profile}. Make it: lxc profile create ${profile}`)];
    }
  }
  const pool = config.request.storage ?? Object.values(devices).find(({ path }) => path === '/')?.['pool'];
  if (pool === undefined) return [bad('no profile has a root disk: name a pool with the key storage')];
  const { driver } = await lxd.client.read<{ readonly driver: string }>(`/storage-pools/${encodeURIComponent(pool)}`);
  const cost = copying.has(driver)
    ? 'copies cost nothing'
    : 'each launch copies the image, which btrfs or zfs would not';
  return [good(`the storage pool ${String(pool)} is of ${driver}: ${cost}`)];
};
