/** `oreno agent`: makes this machine a container instance of a cluster, by the protocol of Amazon's own agent. */
import { startAgent, type CredentialProvider } from '@oreno/agent';
import { resolve } from 'node:path';
import { trustForEngine, trustRegistryForEngine } from '../engine-trust.ts';
import { trustCa } from '../trust-ca.ts';
import { openDataDir } from '../data-dir.ts';
import { CommandFailure } from '../failure.ts';
import { renewedCredentials } from '../instance-credentials.ts';
import { openLog, type LogFormat } from '../log.ts';
import { checkCluster, checkRegion, defaults, dockerHost } from '../settings.ts';
import { untilToldToStop } from '../signals.ts';

export interface AgentCommandOptions {
  readonly endpoint: string;
  readonly cluster: string;
  readonly region?: string;
  readonly dataDir?: string;
  readonly dockerHost?: string;
  readonly credentialsFile?: string;
  /** PEM file of the CA that the server's certificate is of. */
  readonly ca?: string;
  readonly availabilityZone?: string;
  readonly capacityProvider?: string;
  readonly attribute?: Readonly<Record<string, string>>;
  readonly logFormat?: LogFormat;
}

export const agent = async (options: AgentCommandOptions): Promise<void> => {
  const log = openLog(options.logFormat);
  const endpoint = endpointOf(options.endpoint);
  if (options.ca !== undefined) {
    trustCa(resolve(options.ca));
    trustForEngine(options.ca, endpoint, log);
  }
  const region = checkRegion(options.region ?? (process.env['AWS_REGION'] || defaults.region));
  const file = options.credentialsFile;
  const credentials =
    file === undefined
      ? credentialsOfEnvironment()
      : renewedCredentials({ file, endpoint, region, now: Date.now, log });
  const running = await startAgent({
    endpoint,
    region,
    cluster: checkCluster(options.cluster),
    credentials,
    dataDir: openDataDir(options.dataDir).agent,
    dockerHost: dockerHost(options.dockerHost),
    availabilityZone: options.availabilityZone,
    instanceAttributes: attributesOf(options),
    log,
  });
  if (options.ca !== undefined) {
    await trustRegistryForEngine({ caFile: options.ca, endpoint, region, credentials, log });
  }
  log('info', 'joined', { cluster: options.cluster, containerInstance: running.containerInstanceArn });
  const signal = await untilToldToStop();
  log('info', 'stopping; tasks go on running', { signal });
  await running.stop();
};

/** On AWS an instance's Auto Scaling group says which capacity provider it is of; here an attribute does. */
const attributesOf = ({ attribute = {}, capacityProvider }: AgentCommandOptions): Readonly<Record<string, string>> => ({
  ...attribute,
  ...(capacityProvider === undefined ? {} : { 'ecs.capacity-provider': capacityProvider }),
});

const credentialsOfEnvironment = (): CredentialProvider => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new CommandFailure(
      'the agent signs its calls: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (on the server: oreno env).',
    );
  }
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN || undefined,
  };
  return () => credentials;
};

const endpointOf = (text: string): string => {
  try {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return text.replace(/\/+$/, '');
  } catch {
    // Told below, like a scheme that is none of the two.
  }
  throw new CommandFailure(`--endpoint ${text}: write the server's address as http://host:port.`, 2);
};
