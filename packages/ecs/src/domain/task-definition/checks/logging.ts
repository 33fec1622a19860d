/**
 * The rules about log drivers and FireLens routers.
 * Pages: LogConfiguration and FirelensConfiguration in the API reference.
 */
import { forEachContainer, invalidCombination } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';

const REQUIRED_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  awslogs: ['awslogs-region', 'awslogs-group'],
  splunk: ['splunk-token', 'splunk-url'],
  gelf: ['gelf-address'],
};

const requiredOptions: ContainerCheck = ({ logConfiguration }) => {
  if (logConfiguration === undefined) return undefined;
  const { logDriver, options = {}, secretOptions = [] } = logConfiguration;
  const given = new Set([...Object.keys(options), ...secretOptions.map(({ name }) => name)]);
  const required = REQUIRED_OPTIONS[logDriver] ?? [];
  const missing = required.filter((option) => !given.has(option));
  if (missing.length > 0) return `Log driver ${logDriver} requires options: ${missing.join(', ')}`;
  const blank = required.find((option) => options[option] === '');
  return blank === undefined ? undefined : `Log driver ${logDriver} option '${blank}' should not be null or empty.`;
};

const awslogsOptions: ContainerCheck = ({ logConfiguration }) => {
  if (logConfiguration?.logDriver !== 'awslogs') return undefined;
  const { options = {} } = logConfiguration;
  const createGroup = options['awslogs-create-group'];
  if (createGroup !== undefined && createGroup.toLowerCase() !== 'true') {
    return "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.";
  }
  return options['awslogs-datetime-format'] !== undefined && options['awslogs-multiline-pattern'] !== undefined
    ? "Log driver awslogs options 'awslogs-datetime-format' and 'awslogs-multiline-pattern' cannot both be specified."
    : undefined;
};

const mode: ContainerCheck = ({ logConfiguration }) => {
  if (logConfiguration === undefined) return undefined;
  const value = logConfiguration.options?.['mode'];
  return value === undefined || value === 'blocking' || value === 'non-blocking'
    ? undefined
    : `Log driver ${logConfiguration.logDriver} option 'mode' should be one of blocking, non-blocking.`;
};

const firelensRouter: Check = ({ containerDefinitions }) => {
  const routers = containerDefinitions.filter(({ firelensConfiguration }) => firelensConfiguration !== undefined);
  if (routers.length > 1) return 'Only one container in the task can have a firelensConfiguration.';
  const routed = containerDefinitions.find(({ logConfiguration }) => logConfiguration?.logDriver === 'awsfirelens');
  return routed !== undefined && routers.length === 0
    ? 'When a firelensConfiguration object is not specified, the log driver awsfirelens cannot be used.'
    : undefined;
};

const firelensOptions: ContainerCheck = (container) => {
  const { firelensConfiguration: firelens } = container;
  if (firelens === undefined) return undefined;
  const type = firelens.options?.['config-file-type'];
  const value = firelens.options?.['config-file-value'];
  if (type !== undefined && type !== 's3' && type !== 'file') {
    return invalidCombination(container, "The FireLens option 'config-file-type' should be one of s3, file.");
  }
  if ((type === undefined) !== (value === undefined)) {
    return invalidCombination(
      container,
      "The FireLens options 'config-file-type' and 'config-file-value' must be specified together.",
    );
  }
  return type === 's3' && value?.startsWith('arn:') !== true ? 'Invalid arn syntax.' : undefined;
};

export const loggingChecks: readonly Check[] = [
  forEachContainer([requiredOptions, awslogsOptions, mode, firelensOptions]),
  firelensRouter,
];
