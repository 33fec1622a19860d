/**
 * The cgroup that bounds a task as a whole: `/ecs/<task id>` where the engine drives cgroups itself, the slice
 * `ecstasks-<task id>.slice` where systemd does. Task cpu becomes a quota, task memory a limit. Where cgroups cannot
 * be written the agent says so once, and does not advertise task limits.
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EngineInfo } from '@oreno/engine';
import { taskIdOf } from '../domain/accept-task.ts';
import type { TaskState } from '../domain/task-state.ts';

const run = promisify(execFile);
const ROOT = '/sys/fs/cgroup';
const PERIOD_MICROSECONDS = 100_000;

export interface TaskCgroups {
  /** What `ecs.capability.task-cpu-mem-limit` says. */
  readonly supported: boolean;
  /** The parent of the task's containers; undefined where there is none. */
  parentOf(task: TaskState): string | undefined;
  create(task: TaskState): Promise<void>;
  remove(task: TaskState): Promise<void>;
}

const none: TaskCgroups = {
  supported: false,
  parentOf: () => undefined,
  create: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

/** Looks at what this machine and its engine allow. */
export async function openTaskCgroups(info: EngineInfo): Promise<TaskCgroups> {
  if (info.CgroupDriver === 'systemd') return (await works('systemctl', ['--version'])) ? systemdSlices : none;
  if (info.CgroupDriver !== 'cgroupfs') return none;
  return info.CgroupVersion === '2' ? openUnified() : openVersionOne();
}

const works = (command: string, parameters: string[]): Promise<boolean> =>
  run(command, parameters).then(
    () => true,
    () => false,
  );

const groupOf = (task: TaskState): string => `/ecs/${taskIdOf(task.arn)}`;

const quotaOf = (task: TaskState): number | undefined =>
  task.payload.cpu ? Math.max(1_000, Math.round(task.payload.cpu * PERIOD_MICROSECONDS)) : undefined;

const bytesOf = (task: TaskState): number | undefined =>
  task.payload.memory ? task.payload.memory * 1024 * 1024 : undefined;

/** Without a task cpu the containers' shares add up, so that the task weighs against others as they would. */
const sharesOf = (task: TaskState): number =>
  Math.max(
    2,
    task.containers.reduce((sum, { definition }) => sum + (definition.cpu ?? 0), 0),
  );

async function openVersionOne(): Promise<TaskCgroups> {
  const groups = { cpu: join(ROOT, 'cpu'), memory: join(ROOT, 'memory') };
  const writable = await Promise.all(Object.values(groups).map((path) => makeFolder(join(path, 'ecs'))));
  if (writable.includes(false)) return none;
  return {
    supported: true,
    parentOf: groupOf,
    async create(task) {
      const cpu = join(groups.cpu, groupOf(task));
      const memory = join(groups.memory, groupOf(task));
      await Promise.all([mkdir(cpu, { recursive: true }), mkdir(memory, { recursive: true })]);
      const quota = quotaOf(task);
      const bytes = bytesOf(task);
      if (quota === undefined) await writeFile(join(cpu, 'cpu.shares'), String(sharesOf(task)));
      else {
        await writeFile(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_MICROSECONDS));
        await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(quota));
      }
      if (bytes === undefined) return;
      await writeFile(join(memory, 'memory.use_hierarchy'), '1').catch(() => {});
      await writeFile(join(memory, 'memory.limit_in_bytes'), String(bytes));
    },
    async remove(task) {
      // The engine makes the group in every controller; those it left empty go too.
      const controllers = [
        'cpu',
        'cpuacct',
        'memory',
        'cpuset',
        'devices',
        'freezer',
        'blkio',
        'pids',
        'systemd',
        'net_cls',
        'net_prio',
        'perf_event',
        'hugetlb',
        'rdma',
        'misc',
        'cpu,cpuacct',
        'net_cls,net_prio',
      ];
      await Promise.all(controllers.map((controller) => rmdir(join(ROOT, controller, groupOf(task))).catch(() => {})));
    },
  };
}

async function openUnified(): Promise<TaskCgroups> {
  const parent = join(ROOT, 'ecs');
  const delegate = (folder: string) => writeFile(join(folder, 'cgroup.subtree_control'), '+cpu +memory');
  const ready = await makeFolder(parent).then(
    (made) =>
      made &&
      delegate(ROOT)
        .then(() => delegate(parent))
        .then(
          () => true,
          () => false,
        ),
  );
  if (!ready) return none;
  return {
    supported: true,
    parentOf: groupOf,
    async create(task) {
      const group = join(ROOT, groupOf(task));
      await mkdir(group, { recursive: true });
      const quota = quotaOf(task);
      const bytes = bytesOf(task);
      if (quota !== undefined) await writeFile(join(group, 'cpu.max'), `${quota} ${PERIOD_MICROSECONDS}`);
      if (bytes !== undefined) await writeFile(join(group, 'memory.max'), String(bytes));
    },
    remove: (task) => rmdir(join(ROOT, groupOf(task))).catch(() => {}),
  };
}

const sliceOf = (task: TaskState): string => `ecstasks-${taskIdOf(task.arn).replaceAll('-', '')}.slice`;

const systemdSlices: TaskCgroups = {
  supported: true,
  parentOf: sliceOf,
  async create(task) {
    const quota = quotaOf(task);
    const bytes = bytesOf(task);
    const properties = [
      ...(quota === undefined ? [] : [`CPUQuota=${quota / (PERIOD_MICROSECONDS / 100)}%`]),
      // The first is cgroup 2's name, the second cgroup 1's.
      ...(bytes === undefined ? [] : [`MemoryMax=${bytes}`, `MemoryLimit=${bytes}`]),
    ];
    if (properties.length > 0) await run('systemctl', ['set-property', '--runtime', sliceOf(task), ...properties]);
  },
  async remove(task) {
    await works('systemctl', ['revert', sliceOf(task)]);
    await works('systemctl', ['stop', sliceOf(task)]);
  },
};

async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
