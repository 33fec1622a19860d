import type { AcsContainer } from '../protocol/acs-messages.ts';

/**
 * What a container's payload says about awslogs, and what the agent lays over it. Pure.
 */

/** The options of the awslogs driver in a container's payload; undefined when it logs elsewhere. */
export const awslogsOptions = (definition: AcsContainer): Readonly<Record<string, string>> | undefined => {
  const text = definition.dockerConfig?.hostConfig;
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The core reports an unreadable payload; it has no log options.
    return undefined;
  }
  const { LogConfig: config } = (parsed ?? {}) as {
    readonly LogConfig?: { readonly Type?: unknown; readonly Config?: unknown } | null;
  };
  if (config?.Type !== 'awslogs') return undefined;
  const options = typeof config.Config === 'object' && config.Config !== null ? config.Config : {};
  return Object.fromEntries(Object.entries(options).filter((entry) => typeof entry[1] === 'string'));
};

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

/** Whether the spool takes a container's lines: not when its definition names an endpoint of its own. */
export const goesThroughSpool = (options: Readonly<Record<string, string>>, controlPlane: string): boolean => {
  const endpoint = options['awslogs-endpoint'];
  return endpoint === undefined || originOf(endpoint) === originOf(controlPlane);
};

/**
 * The options that lead a driver to the spool. The driver builds the address of its credentials by putting the
 * option behind `http://169.254.170.2`: a value that begins with `@host:port` makes that address the URL's user
 * info, so that dockerd needs neither a rule of the firewall nor a configuration.
 */
export const spoolOptions = (
  options: Readonly<Record<string, string>>,
  spool: { readonly port: number; readonly grantId: string; readonly region: string },
): Readonly<Record<string, string>> => ({
  ...(options['awslogs-region'] === undefined ? { 'awslogs-region': spool.region } : {}),
  'awslogs-endpoint': `http://127.0.0.1:${spool.port}`,
  'awslogs-credentials-endpoint': `@127.0.0.1:${spool.port}/v2/credentials/${spool.grantId}`,
});
