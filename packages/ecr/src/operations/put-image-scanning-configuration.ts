import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { repositories } from '../records.ts';
import { needRepository } from './repository.ts';

export const PutImageScanningConfiguration: Handler<
  ecr.Operations,
  'PutImageScanningConfiguration',
  EcrContext
> = async (input, context) => {
  const scope = registryOf(input, context, 'PutImageScanningConfiguration');
  const { repositoryName } = input;
  const scanOnPush = input.imageScanningConfiguration.scanOnPush ?? false;
  await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, repositoryName);
    await tx.put(repositories, { ...repository, scanOnPush });
  });
  return { registryId: scope.account, repositoryName, imageScanningConfiguration: { scanOnPush } };
};
