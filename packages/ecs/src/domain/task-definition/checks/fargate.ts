/**
 * What a task definition has to be for the launch type FARGATE.
 * Page: "Amazon ECS task definition differences for Fargate" in the developer guide.
 */
import { forEachContainer, invalidCombination, outside } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';
import { isEcrImage } from '../ecr-image.ts';
import { isFargateSize, parseTaskCpu, parseTaskMemory } from '../task-size.ts';

const LOG_DRIVERS = new Set(['awslogs', 'splunk', 'awsfirelens']);

const unsupported = (what: string): string => `Fargate compatible task definitions do not support ${what}`;

const networkMode: Check = ({ networkMode: mode }) =>
  // The quotation marks are ECS's own.
  mode === 'awsvpc' ? undefined : 'Fargate only supports network mode ‘awsvpc’.';

const size: Check = ({ cpu, memory, runtimePlatform }) => {
  if (cpu === undefined) return "Fargate requires that 'cpu' be defined at the task level.";
  if (memory === undefined) return "Fargate requires that 'memory' be defined at the task level.";
  const units = parseTaskCpu(cpu) ?? 0;
  const mebibytes = parseTaskMemory(memory) ?? 0;
  const windows = runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') === true;
  return isFargateSize(units, mebibytes) && !(windows && units < 1024)
    ? undefined
    : `No Fargate configuration exists for given values: ${units} CPU, ${mebibytes} memory. ` +
        'See the Amazon ECS documentation for the valid values.';
};

const namespaces: Check = ({ pidMode, ipcMode }) => {
  if (ipcMode !== undefined) return 'Tasks using the Fargate launch type do not support ipcMode.';
  return pidMode === undefined || pidMode === 'task'
    ? undefined
    : `Tasks using the Fargate launch type do not support pidMode '${pidMode}'. The supported value for pidMode is 'task'.`;
};

const placement: Check = ({ placementConstraints = [] }) =>
  placementConstraints.length > 0 ? unsupported('placementConstraints') : undefined;

const volumes: Check = ({ volumes: wanted = [] }) => {
  if (wanted.some(({ host }) => host?.sourcePath !== undefined)) return unsupported('sourcePath');
  if (wanted.some(({ dockerVolumeConfiguration }) => dockerVolumeConfiguration !== undefined)) {
    return unsupported('dockerVolumeConfiguration');
  }
  return wanted.some((volume) => volume.fsxWindowsFileServerVolumeConfiguration !== undefined)
    ? unsupported('fsxWindowsFileServerVolumeConfiguration')
    : undefined;
};

const privileges: ContainerCheck = ({ privileged, dockerSecurityOptions = [], linuxParameters = {} }) => {
  if (privileged === true) return unsupported('privileged');
  if (dockerSecurityOptions.length > 0) return unsupported('dockerSecurityOptions');
  if ((linuxParameters.devices ?? []).length > 0) return unsupported('devices');
  if (linuxParameters.sharedMemorySize !== undefined) return unsupported('sharedMemorySize');
  if (linuxParameters.maxSwap !== undefined) return unsupported('maxSwap');
  if (linuxParameters.swappiness !== undefined) return unsupported('swappiness');
  return linuxParameters.capabilities?.add?.some((capability) => capability !== 'SYS_PTRACE') === true
    ? unsupported('adding Linux capabilities other than SYS_PTRACE')
    : undefined;
};

const devices: ContainerCheck = ({ resourceRequirements = [] }) => {
  const [first] = resourceRequirements;
  return first === undefined ? undefined : unsupported(`the resource type ${first.type}`);
};

const timeouts: ContainerCheck = (container) => {
  const wrong = (['startTimeout', 'stopTimeout'] as const).find((member) => outside(container[member], 2, 120));
  return wrong === undefined
    ? undefined
    : invalidCombination(container, `The '${wrong}' should be between 2 and 120 seconds with Fargate.`);
};

const logging: ContainerCheck = ({ logConfiguration, firelensConfiguration }) => {
  if (firelensConfiguration?.options?.['config-file-type'] === 's3') {
    return unsupported('the FireLens config-file-type s3');
  }
  if (logConfiguration === undefined) return undefined;
  const { logDriver, options = {} } = logConfiguration;
  if (!LOG_DRIVERS.has(logDriver)) return unsupported(`log driver ${logDriver}`);
  return logDriver === 'awslogs' && options['awslogs-stream-prefix'] === undefined
    ? 'Log driver awslogs requires options: awslogs-stream-prefix'
    : undefined;
};

const executionRole: ContainerCheck = ({ image = '', logConfiguration }, { executionRoleArn }) => {
  if (executionRoleArn !== undefined) return undefined;
  if (isEcrImage(image)) return 'Fargate requires task definition to have execution role ARN to support ECR images.';
  return logConfiguration?.logDriver === 'awslogs'
    ? 'Fargate requires task definition to have execution role ARN to support log driver awslogs.'
    : undefined;
};

export const fargateChecks: readonly Check[] = [
  networkMode,
  size,
  namespaces,
  placement,
  volumes,
  forEachContainer([privileges, devices, timeouts, logging, executionRole]),
];
