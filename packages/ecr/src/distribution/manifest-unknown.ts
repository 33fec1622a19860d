import { registryError } from './registry-error.ts';
import type { RegistryError } from './registry-error.ts';

/** The answer for an image that is not in the repository, in ECR's words. */
export const manifestUnknown = (reference: string): RegistryError =>
  registryError('MANIFEST_UNKNOWN', 'Requested image not found', { detail: { reference } });
