/** Lifecycle policy texts as the API takes them. */
import { invalidParameter } from '../domain/exceptions.ts';
import { readLifecyclePolicy } from '../domain/lifecycle/policy.ts';
import type { LifecyclePolicy } from '../domain/lifecycle/policy.ts';

/** Reads a text; throws InvalidParameterException in ECR's form. */
export const checkLifecyclePolicy = (text: string): LifecyclePolicy => {
  const reading = readLifecyclePolicy(text);
  if (reading.kind === 'policy') return reading.policy;
  throw invalidParameter('LifecyclePolicyText', `Lifecycle policy validation failure: ${reading.reason}`);
};
