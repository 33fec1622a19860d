/** The container agent: one per machine. */
export { startAgent } from './start-agent.ts';
export type { Agent, AgentOptions } from './agent-options.ts';
export type { AwsCredentials, CredentialProvider, Log } from './domain/agent-runtime.ts';
export type { AgentState, InstanceIdentity } from './domain/agent-state.ts';
export type { ContainerState, TaskState } from './domain/task-state.ts';
