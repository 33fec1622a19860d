/** The settings that several commands read: from options first, then what runs, then the defaults of the design. */
import { CommandFailure } from './failure.ts';

export const defaults = { port: 4566, account: '000000000000', region: 'us-east-1', cluster: 'default' } as const;

/** Checks an account id; twelve digits, as AWS has them. */
export const checkAccount = (account: string): string => {
  if (!/^\d{12}$/.test(account)) throw new CommandFailure(`--account ${account}: an account is twelve digits.`, 2);
  return account;
};

/** Checks a region's name: it becomes part of ARNs and host names. */
export const checkRegion = (region: string): string => {
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) {
    throw new CommandFailure(`--region ${region}: a region looks like us-east-1.`, 2);
  }
  return region;
};

/** Checks a cluster's name as ECS does: letters, digits, hyphens and underscores, at most 255. */
export const checkCluster = (cluster: string): string => {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(cluster)) {
    throw new CommandFailure(
      `--cluster ${cluster}: a cluster's name has up to 255 letters, digits, hyphens and underscores.`,
      2,
    );
  }
  return cluster;
};

/** Splits `host:port`, `[v6]:port` or `:port`. */
export const parseListen = (text: string): { readonly host: string; readonly port: number } => {
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new CommandFailure(`--listen ${text}: write it as host:port, for example 127.0.0.1:4566.`, 2);
  }
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
};

/** The Docker Engine's address: the option, DOCKER_HOST, or the default socket. */
export const dockerHost = (option: string | undefined): string =>
  option ?? (process.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock');

/** Refuses storage that is not there yet, instead of keeping records somewhere else than was asked. */
export const requireSupported = (options: { readonly store?: string; readonly blobs?: string }): void => {
  for (const [name, url] of [
    ['--store', options.store],
    ['--blobs', options.blobs],
  ] as const) {
    if (url !== undefined) {
      throw new CommandFailure(`${name} ${url}: only the embedded storage of the data folder is there yet.`, 2);
    }
  }
};
