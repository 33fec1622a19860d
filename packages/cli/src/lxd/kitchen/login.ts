/** The command that `kitchen login` becomes: pure. */
import type { KitchenConfig } from './config.ts';

/** The words after `oreno`. */
export const loginWords = ({
  config: { target },
  name,
  username,
}: {
  readonly config: KitchenConfig;
  readonly name: string;
  readonly username: string;
}): readonly string[] => {
  const options = {
    '--remote': target.remote,
    '--project': target.project,
    '--client-certificate': target.clientCertificate,
    '--client-key': target.clientKey,
    '--server-certificate': target.serverCertificate,
    '--user': username === 'root' ? undefined : username,
  };
  const given = Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
  return ['lxd', 'shell', ...given, name];
};
