/** Starts agents against the scripted control plane and a real engine, and cleans up what they left. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '@oreno/engine';
import { startAgent } from '../../src/index.ts';
import type { Agent, AgentOptions } from '../../src/index.ts';
import { agentLabel } from '../../src/domain/labels.ts';
import type { ScriptedControlPlane } from './scripted-control-plane.ts';

export interface AgentFolder {
  readonly dataDir: string;
  start(more?: Partial<AgentOptions>): Promise<Agent>;
  /** Stops the agent that runs and removes its folder and whatever carries its label. */
  cleanUp(): Promise<void>;
}

/** A data folder with at most one agent on it at a time. */
export async function agentFolder(
  controlPlane: ScriptedControlPlane,
  socket: string,
  engine: Engine,
): Promise<AgentFolder> {
  const dataDir = await mkdtemp(join(tmpdir(), 'oreno-agent-'));
  const labels = new Set<string>();
  let running: Agent | undefined;
  return {
    dataDir,
    async start(more = {}) {
      const agent = await startAgent({
        endpoint: controlPlane.origin,
        region: 'us-east-1',
        cluster: 'lab',
        credentials: () => ({ accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }),
        dataDir,
        dockerHost: socket,
        log: process.env['ORENO_TEST_LOG']
          ? (level, message, fields) => console.log(level, message, fields ?? '')
          : () => {},
        ports: { metadata: 0, introspection: 0, logs: 0 },
        hostRules: false,
        pullTimings: { firstPauseMs: 10, longestPauseMs: 10, attempts: 2 },
        ...more,
      });
      running = agent;
      return agent;
    },
    async cleanUp() {
      await running?.stop();
      const all = await engine.containers.list({ all: true, filters: { label: [agentLabel] } });
      for (const { Id, Labels } of all) {
        const task = Labels['com.amazonaws.ecs.task-arn'] ?? '';
        if (!running?.state.tasks.has(task) && !labels.has(Labels[agentLabel] ?? '')) continue;
        labels.add(Labels[agentLabel] ?? '');
        await engine.containers.remove(Id, { force: true, volumes: true });
      }
      for (const label of labels) {
        const filters = { label: [`${agentLabel}=${label}`] };
        for (const { Id } of await engine.networks.list({ filters })) await engine.networks.remove(Id).catch(() => {});
        for (const { Name } of await engine.volumes.list({ filters }))
          await engine.volumes.remove(Name).catch(() => {});
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
