/** All that RegisterTaskDefinition checks, in ECS's order: the general rules, then those of the launch types asked for. */
import { clientException } from '../errors.ts';
import { firstRefusal } from './check.ts';
import type { Check, Registration } from './check.ts';
import { containerChecks } from './checks/containers.ts';
import { dependencyChecks } from './checks/dependencies.ts';
import { healthChecks } from './checks/health.ts';
import { linuxChecks } from './checks/linux.ts';
import { loggingChecks } from './checks/logging.ts';
import { portChecks } from './checks/ports.ts';
import { resourceChecks } from './checks/resources.ts';
import { roleChecks } from './checks/roles.ts';
import { taskChecks } from './checks/task.ts';
import { volumeChecks } from './checks/volumes.ts';
import { requiredCompatibilities, someCompatibility } from './compatibilities.ts';
import { rolesAreValid } from './roles.ts';

const CHECKS: readonly Check[] = [
  ...taskChecks,
  ...containerChecks,
  ...resourceChecks,
  ...portChecks,
  ...volumeChecks,
  ...dependencyChecks,
  ...loggingChecks,
  rolesAreValid,
  ...roleChecks,
  ...linuxChecks,
  ...healthChecks,
  requiredCompatibilities,
  someCompatibility,
];

/** Why ECS would refuse to register this; undefined when it would not. */
export const registrationRefusal = (request: Registration): string | undefined => firstRefusal(CHECKS, request);

/** Throws ClientException with the first rule that the request breaks. */
export const validateRegistration = (request: Registration): void => {
  const refusal = registrationRefusal(request);
  if (refusal !== undefined) throw clientException(refusal);
};
