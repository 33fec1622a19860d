import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { makePassword } from '../password.ts';

/** One token a registry; each works wherever the caller may go, for 12 hours, in this region. */
export const GetAuthorizationToken: Handler<ecr.Operations, 'GetAuthorizationToken', EcrContext> = async (
  input,
  { iam, principal, account, region, registryHost, now },
) => ({
  authorizationData: (input.registryIds ?? [account]).map((registryId) => {
    const { password, expiresAt } = makePassword(iam, { principal, account: registryId, region }, now());
    return {
      authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
      expiresAt,
      proxyEndpoint: `https://${registryHost}`,
    };
  }),
});
