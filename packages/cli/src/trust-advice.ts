/** How others come to trust a server whose certificate no public authority signed; docs/registry.md says more. */
import { certificatesFolder } from './engine-trust.ts';

/** The ways, by who has to trust it. `origin` is the server's, as `https://127.0.0.1:4566`: others know it by another name. */
export const trustAdvice = (caFile: string, origin: string): string => {
  const { port } = new URL(origin);
  const address = port === '' ? 'HOST' : `HOST:${port}`;
  return `Who is to trust this server needs its CA, ${caFile}:
  oreno agent --endpoint https://${address} --ca ca.crt     an agent, and its Docker Engine
  ${certificatesFolder}/${address}/ca.crt     where other engines, podman and buildah look for it
  AWS_CA_BUNDLE=ca.crt     the AWS CLI and SDKs; on this machine, oreno env sets it
`;
};
