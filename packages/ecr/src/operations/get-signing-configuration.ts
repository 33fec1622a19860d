import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { signingConfigurationNotFound } from '../domain/exceptions.ts';

/** There is never one: signatures are made by AWS Signer, which is not here. */
export const GetSigningConfiguration: Handler<ecr.Operations, 'GetSigningConfiguration', EcrContext> = async (
  _,
  { account },
) => {
  throw signingConfigurationNotFound(account);
};
