import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openTemporaryStore } from '@oreno/store';
import type { MetricSample } from '../src/agents/metric-sink.ts';
import { readUsage } from '../src/agents/tcs/metrics.ts';
import { openUsageMetrics } from '../src/agents/tcs/usage-metrics.ts';
import { containerInstances, tasks } from '../src/records.ts';
import { definitionRecord, instanceRecord, taskRecord } from './support/agent-records.ts';

const set = (value: number) => ({ min: value, max: value, sum: value * 20, sampleCount: 20 });

it('makes the metrics of AWS/ECS: one sample a task for its service, one for the cluster', async () => {
  const store = await openTemporaryStore();
  const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'i' }] });
  const resources = { cpu: 512, memory: 256, ports: [], portsUdp: [], gpus: 0 };
  const serving = [1, 2].map((number) => taskRecord(definition, number, { group: 'service:web', resources }));
  const alone = taskRecord(definition, 3, { resources });
  const instance = instanceRecord();
  await store.update(async (transaction) => {
    await transaction.put(containerInstances, instance);
    for (const task of [...serving, alone]) await transaction.put(tasks, task);
  });
  const recorded: MetricSample[] = [];
  const metrics = openUsageMetrics({
    store,
    sink: { record: (samples) => void recorded.push(...samples) },
    now: () => 1_795_373_400_500,
    log: () => undefined,
  });
  const message = {
    taskMetrics: [...serving, alone, { taskArn: 'unknown' }].map(({ taskArn }, index) => ({
      taskArn,
      containerMetrics: [
        // A quarter of the first task's instance is 512 of 2,048 units; memory is MiB.
        { containerName: 'main', cpuStatsSet: set(index === 0 ? 25 : 0), memoryStatsSet: set(64) },
        { containerName: 'new', cpuStatsSet: { ...set(0), sampleCount: 0 } },
      ],
    })),
  };
  for (let report = 0; report < 3; report += 1) {
    metrics.publish({ instance, registeredCpu: 2_048, at: 0, tasks: readUsage(message) });
  }
  await metrics.flush();
  const cluster = [{ Name: 'ClusterName', Value: 'lab' }];
  const service = [...cluster, { Name: 'ServiceName', Value: 'web' }];
  assert.deepEqual(
    recorded.map(({ metricName, dimensions, value }) => [metricName, dimensions, value]),
    [
      ['CPUUtilization', cluster, 25],
      ['MemoryUtilization', cluster, (192 / 8_192) * 100],
      ['CPUReservation', cluster, 75],
      ['MemoryReservation', cluster, (768 / 8_192) * 100],
      ['CPUUtilization', service, 100],
      ['MemoryUtilization', service, 25],
      ['CPUUtilization', service, 0],
      ['MemoryUtilization', service, 25],
    ],
  );
  assert.deepEqual(new Set(recorded.map(({ at }) => at)), new Set([1_795_373_340_000]));
  recorded.length = 0;
  await metrics.flush();
  assert.deepEqual(recorded, []);
  await store.close();
});
