import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { signingConfigurationNotFound } from '../domain/exceptions.ts';

export const DeleteSigningConfiguration: Handler<ecr.Operations, 'DeleteSigningConfiguration', EcrContext> = async (
  _,
  { account },
) => {
  throw signingConfigurationNotFound(account);
};
