/**
 * The rules about the task's own size and the devices its containers ask for.
 * Pages: RegisterTaskDefinition (`cpu`, `memory`, `ephemeralStorage`) and ResourceRequirement in the API reference.
 */
import { firstDuplicate, forEachContainer, invalidCombination, outside } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';
import { parseTaskCpu, parseTaskMemory } from '../task-size.ts';

const LEAST_CPU = 128;
const MOST_CPU = 196_608;
const LEAST_MEMORY_MIB = 4;

const taskCpu: Check = ({ cpu }) => {
  if (cpu === undefined) return undefined;
  const units = parseTaskCpu(cpu);
  return units === undefined || outside(units, LEAST_CPU, MOST_CPU) ? "Invalid 'cpu' setting for task." : undefined;
};

const taskMemory: Check = ({ memory }) => {
  if (memory === undefined) return undefined;
  const mebibytes = parseTaskMemory(memory);
  return mebibytes === undefined || mebibytes < LEAST_MEMORY_MIB ? "Invalid 'memory' setting for task." : undefined;
};

const containersFit: Check = ({ cpu, memory, containerDefinitions }) => {
  const units = cpu === undefined ? undefined : parseTaskCpu(cpu);
  const mebibytes = memory === undefined ? undefined : parseTaskMemory(memory);
  if (units !== undefined && containerDefinitions.reduce((sum, container) => sum + (container.cpu ?? 0), 0) > units) {
    return "The total 'cpu' of the containers must not exceed the task-level 'cpu'.";
  }
  if (mebibytes === undefined) return undefined;
  const tooBig = containerDefinitions.find((container) => (container.memory ?? 0) > mebibytes);
  if (tooBig !== undefined) {
    return invalidCombination(tooBig, "The 'memory' must not exceed the task-level 'memory'.");
  }
  const reserved = containerDefinitions.reduce(
    (sum, container) => sum + (container.memoryReservation ?? container.memory ?? 0),
    0,
  );
  return reserved > mebibytes
    ? "The total 'memory' of the containers must not exceed the task-level 'memory'."
    : undefined;
};

const requirements: ContainerCheck = (container, { inferenceAccelerators = [] }) => {
  const wanted = container.resourceRequirements ?? [];
  const duplicate = firstDuplicate(wanted.map(({ type }) => type));
  if (duplicate !== undefined) {
    return invalidCombination(container, `The resource type ${duplicate} is required more than once.`);
  }
  for (const { type, value } of wanted) {
    if (type === 'GPU' && value !== 'ALL' && !/^[1-9]\d*$/.test(value)) {
      return invalidCombination(container, `'${value}' is not a number of GPUs.`);
    }
    if (type === 'InferenceAccelerator' && !inferenceAccelerators.some(({ deviceName }) => deviceName === value)) {
      return invalidCombination(container, `Unknown inference accelerator '${value}'.`);
    }
    if (type === 'NeuronDevice' && value !== 'ALL') {
      return invalidCombination(container, 'The value of the resource type NeuronDevice must be ALL.');
    }
  }
  return undefined;
};

const ephemeralStorage: Check = ({ ephemeralStorage: storage }) =>
  outside(storage?.sizeInGiB, 21, 200) ? 'The ephemeral storage size should be between 21 and 200 GiB.' : undefined;

const runtimePlatform: Check = ({ runtimePlatform: platform }) =>
  platform?.operatingSystemFamily?.startsWith('WINDOWS') === true && platform.cpuArchitecture === 'ARM64'
    ? 'Windows containers do not support the cpuArchitecture ARM64.'
    : undefined;

export const resourceChecks: readonly Check[] = [
  taskCpu,
  taskMemory,
  containersFit,
  forEachContainer([requirements]),
  ephemeralStorage,
  runtimePlatform,
];
