/**
 * The rules about secrets and files that only the task execution role can fetch.
 * Pages: Secret, EnvironmentFile and RepositoryCredentials in the API reference.
 */
import { firstDuplicate, forEachContainer, invalidCombination } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';

const MOST_ENVIRONMENT_FILES = 10;

const needsRole = (what: string): string =>
  `When you are specifying ${what}, you must also specify a value for 'executionRoleArn'.`;

const executionRole: ContainerCheck = (container, { executionRoleArn }) => {
  if (executionRoleArn !== undefined) return undefined;
  if ((container.secrets ?? []).length > 0) return needsRole('container secrets');
  if ((container.logConfiguration?.secretOptions ?? []).length > 0) return needsRole('log driver secrets');
  if ((container.environmentFiles ?? []).length > 0) return needsRole('environment files');
  return container.repositoryCredentials === undefined ? undefined : needsRole('repository credentials');
};

const environmentNames: ContainerCheck = (container) =>
  container.environment?.some(({ name }) => name === undefined || name === '') === true
    ? invalidCombination(container, 'Environment variable name should not be null or empty.')
    : undefined;

const secretNames: ContainerCheck = ({ secrets = [], environment = [] }) => {
  const names = secrets.map(({ name }) => name);
  const clash = firstDuplicate(names) ?? names.find((secret) => environment.some(({ name }) => name === secret));
  return clash === undefined
    ? undefined
    : 'The secret name must be unique and not shared with any new or existing environment variables set on the ' +
        `container, such as '${clash}'.`;
};

const environmentFiles: ContainerCheck = (container) => {
  const files = container.environmentFiles ?? [];
  if (files.length > MOST_ENVIRONMENT_FILES) {
    return invalidCombination(container, `A container can have at most ${MOST_ENVIRONMENT_FILES} environment files.`);
  }
  const bad = files.find(({ value }) => !/^arn:[^:]+:s3:::.+\.env$/.test(value));
  return bad === undefined
    ? undefined
    : invalidCombination(container, `'${bad.value}' is not the ARN of an Amazon S3 object with the extension .env.`);
};

export const roleChecks: readonly Check[] = [
  forEachContainer([executionRole, environmentNames, secretNames, environmentFiles]),
];
