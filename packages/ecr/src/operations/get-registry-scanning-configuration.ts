import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { defaultScanning } from '../domain/scanning/configuration.ts';
import { findRegistry } from '../registry-records.ts';

export const GetRegistryScanningConfiguration: Handler<
  ecr.Operations,
  'GetRegistryScanningConfiguration',
  EcrContext
> = async (_, context) => {
  const { account, scanning = defaultScanning } = await context.store.read((tx) => findRegistry(tx, context));
  return { registryId: account, scanningConfiguration: scanning };
};
