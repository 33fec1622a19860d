/**
 * Task-level CPU and memory: the notations they come in and the combinations that Fargate has.
 * Pages: RegisterTaskDefinition (`cpu`, `memory`), "Task size" in the developer guide.
 */

/** CPU units (1,024 a vCPU) of `1024`, `1 vCPU`, `.5 vcpu`; undefined for anything else. */
export const parseTaskCpu = (text: string): number | undefined => {
  if (/^\d+$/.test(text)) return Number(text);
  const vcpus = /^(\d+|\d*\.\d+)\s*vcpu$/i.exec(text)?.[1];
  const units = vcpus === undefined ? Number.NaN : Number(vcpus) * 1024;
  return Number.isInteger(units) ? units : undefined;
};

/** MiB of `1024`, `1GB`, `0.5 GB`; undefined for anything else. */
export const parseTaskMemory = (text: string): number | undefined => {
  if (/^\d+$/.test(text)) return Number(text);
  const gigabytes = /^(\d+|\d*\.\d+)\s*gb$/i.exec(text)?.[1];
  const mebibytes = gigabytes === undefined ? Number.NaN : Number(gigabytes) * 1024;
  return Number.isInteger(mebibytes) ? mebibytes : undefined;
};

const GIB = 1024;

/** For each CPU size: the smallest and largest memory and the step between, in MiB. */
const FARGATE_MEMORY: ReadonlyMap<number, readonly [least: number, most: number, step: number]> = new Map([
  [512, [1 * GIB, 4 * GIB, GIB]],
  [1024, [2 * GIB, 8 * GIB, GIB]],
  [2048, [4 * GIB, 16 * GIB, GIB]],
  [4096, [8 * GIB, 30 * GIB, GIB]],
  [8192, [16 * GIB, 60 * GIB, 4 * GIB]],
  [16384, [32 * GIB, 120 * GIB, 8 * GIB]],
]);

/** Whether Fargate has tasks of this many CPU units and this much memory (MiB). */
export const isFargateSize = (cpu: number, memory: number): boolean => {
  if (cpu === 256) return memory === 512 || memory === 1 * GIB || memory === 2 * GIB;
  const range = FARGATE_MEMORY.get(cpu);
  if (range === undefined) return false;
  const [least, most, step] = range;
  return memory >= least && memory <= most && (memory - least) % step === 0;
};
