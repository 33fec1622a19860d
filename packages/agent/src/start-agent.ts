import type { Agent, AgentOptions } from './agent-options.ts';
import { createClosing } from './closing.ts';
import { joinCluster } from './join-cluster.ts';
import { runAgent } from './run-agent.ts';
import { lockDataDir } from './storage/data-dir-lock.ts';

/**
 * Joins the cluster and resolves once the container instance is registered and connecting. Rejects when the data
 * folder is in use, the engine does not answer, or the control plane refuses the instance.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const closing = createClosing();
  closing.push(await lockDataDir(options.dataDir));
  try {
    const joined = await joinCluster(options, closing);
    return await runAgent(options, joined, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}
