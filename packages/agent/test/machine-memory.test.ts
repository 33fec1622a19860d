import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineInfo } from '@oreno/engine';
import { machineMemory } from '../src/lifecycle/machine-memory.ts';

const GiB = 1024 ** 3;
const info = { MemTotal: 16 * GiB } as EngineInfo;
const files = (map: Readonly<Record<string, string>>) => async (file: string) => map[file] ?? '';

test('memory is what the engine sees, and in a system container what its control group allows', async () => {
  const limit = `${2 * GiB}\n`;
  const v1 = { '/sys/fs/cgroup/memory/memory.limit_in_bytes': limit };
  const v2 = { '/sys/fs/cgroup/memory.max': limit };
  assert.equal(await machineMemory(info, files(v1)), 16 * GiB, "the agent's own limit elsewhere");
  const lxc = { '/run/systemd/container': 'lxc\n' };
  assert.equal(await machineMemory(info, files({ ...lxc, ...v1 })), 2 * GiB);
  assert.equal(await machineMemory(info, files({ ...lxc, ...v2 })), 2 * GiB);
  assert.equal(await machineMemory(info, files({ ...lxc, '/sys/fs/cgroup/memory.max': 'max\n' })), 16 * GiB);
  assert.equal(await machineMemory(info, files(lxc)), 16 * GiB);
});
