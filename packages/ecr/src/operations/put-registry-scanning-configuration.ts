import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { defaultScanning, type ScanningConfiguration } from '../domain/scanning/configuration.ts';
import { findRegistry, registries } from '../registry-records.ts';

/** Says which repositories are scanned on push; what is not named keeps its default, as on ECR. */
export const PutRegistryScanningConfiguration: Handler<
  ecr.Operations,
  'PutRegistryScanningConfiguration',
  EcrContext
> = async ({ scanType = defaultScanning.scanType, rules = defaultScanning.rules }, context) => {
  if (scanType === 'ENHANCED') {
    throw invalidParameter('scanType', 'must be BASIC: enhanced scanning by Amazon Inspector is not available here');
  }
  if (rules.some(({ scanFrequency }) => scanFrequency === 'CONTINUOUS_SCAN')) {
    throw invalidParameter('rules', 'CONTINUOUS_SCAN is only allowed with the scan type ENHANCED');
  }
  if (new Set(rules.map(({ scanFrequency }) => scanFrequency)).size < rules.length) {
    throw invalidParameter('rules', 'a scan frequency can have one rule');
  }
  const crowded = rules
    .flatMap(({ repositoryFilters }) => repositoryFilters)
    .find(({ filter }) => filter.split('*').length > 5);
  if (crowded !== undefined)
    throw invalidParameter('rules', `the filter ${crowded.filter} has more than four wildcards`);
  const scanning: ScanningConfiguration = { scanType, rules };
  await context.store.update(async (tx) => tx.put(registries, { ...(await findRegistry(tx, context)), scanning }));
  return { registryScanningConfiguration: scanning };
};
