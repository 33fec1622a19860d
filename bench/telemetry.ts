/**
 * The telemetry of simulated agents: what the real agent publishes and how often. Every twenty seconds the metrics of
 * each running task, ten tasks a message, made of twenty samples of one second by the agent's own code; every minute
 * the state of the container runtime. The numbers of a container are made once and sent again, since making them is
 * the agents' work and the agents share the machine here.
 */
import type { SimulatedAgent } from '../packages/ecs/test/support/simulated-agent.ts';
import { containerMetric } from '../packages/agent/src/telemetry/stats-set.ts';

const roundEvery = 20_000;
const tasksInMessage = 10;
const roundsForStatus = 3;

const samples = Array.from({ length: 20 }, (_, second) => ({
  at: second * 1000,
  cpuPercent: 0.31 + second / 97,
  memoryMiB: 23 + (second % 3),
  readBytes: 4_567_040,
  writeBytes: 81_920 + 4_096 * second,
  network: {
    rxBytes: 1_203_456 + 900 * second,
    rxPackets: 8_123 + 6 * second,
    rxErrors: 0,
    rxDropped: 0,
    txBytes: 903_112 + 700 * second,
    txPackets: 7_004 + 5 * second,
    txErrors: 0,
    txDropped: 0,
  },
  rates: { rxBytesPerSecond: 900.5, txBytesPerSecond: 700.25 },
}));
const metric = JSON.stringify(containerMetric({ name: 'main' }, samples));

/** Begins to publish after a part of the first twenty seconds, so that not all agents do it at once. */
export const startTelemetry = (agent: SimulatedAgent, cluster: string, startsIn: number): void => {
  let round = 0;
  const about = { cluster, containerInstance: agent.containerInstanceArn };
  const publish = (): void => {
    const messageId = crypto.randomUUID();
    const timestamp = Date.now() / 1000;
    const running = [...agent.tasks].filter(([, { status }]) => status === 'RUNNING').map(([arn]) => arn);
    for (let start = 0; start === 0 || start < running.length; start += tasksInMessage) {
      const some = running.slice(start, start + tasksInMessage);
      const fin = start + tasksInMessage >= running.length;
      const metadata = JSON.stringify({ ...about, messageId, idle: running.length === 0, fin });
      const metrics = some.map(
        (arn) =>
          `{"taskArn":"${arn}","taskDefinitionFamily":"bench","taskDefinitionVersion":"1","containerMetrics":[${metric}]}`,
      );
      const list = some.length === 0 ? '' : `"taskMetrics":[${metrics.join()}],`;
      const message = `{"metadata":${metadata},${list}"timestamp":${timestamp}}`;
      agent.publishText(`{"type":"PublishMetricsRequest","message":${message}}`);
    }
    if (round % roundsForStatus === 0) {
      const status = {
        type: 'ContainerRuntime',
        status: 'OK',
        lastUpdated: timestamp,
        lastStatusChange: 1_795_373_255,
      };
      const metadata = { ...about, requestId: messageId };
      agent.publish('PublishInstanceStatusRequest', { metadata, timestamp, statuses: [status] });
    }
    round += 1;
  };
  setTimeout(() => {
    publish();
    setInterval(publish, roundEvery).unref();
  }, startsIn).unref();
};

/** Milliseconds over which the first rounds are spread. */
export const telemetryRound = roundEvery;
