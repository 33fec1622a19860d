import type { Handler, ecr } from '@oreno/aws-wire';
import { repositoryArn } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { repositoryNotFoundMessage } from '../domain/exceptions.ts';
import { appliedFilters, isScannedOnPush } from '../domain/scanning/configuration.ts';
import { findRepository } from '../records.ts';
import { findRegistry } from '../registry-records.ts';

/**
 * How each of the named repositories is scanned: by the registry's rules, or by its own setting where there are none.
 * `scanOnPush` is that setting, whether it counts or not.
 */
export const BatchGetRepositoryScanningConfiguration: Handler<
  ecr.Operations,
  'BatchGetRepositoryScanningConfiguration',
  EcrContext
> = async ({ repositoryNames }, context) =>
  context.store.read(async (tx) => {
    const { scanning } = await findRegistry(tx, context);
    const scanningConfigurations: ecr.RepositoryScanningConfiguration[] = [];
    const failures: ecr.RepositoryScanningConfigurationFailure[] = [];
    for (const repositoryName of new Set(repositoryNames)) {
      const repository = await findRepository(tx, context, repositoryName);
      if (repository === undefined) {
        const failureReason = repositoryNotFoundMessage({ account: context.account, repositoryName });
        failures.push({ repositoryName, failureCode: 'REPOSITORY_NOT_FOUND', failureReason });
        continue;
      }
      scanningConfigurations.push({
        repositoryArn: repositoryArn(repository, repositoryName),
        repositoryName,
        scanOnPush: repository.scanOnPush,
        scanFrequency: isScannedOnPush(repository, scanning) ? 'SCAN_ON_PUSH' : 'MANUAL',
        appliedScanFilters: appliedFilters(repository, scanning),
      });
    }
    return { scanningConfigurations, failures };
  });
