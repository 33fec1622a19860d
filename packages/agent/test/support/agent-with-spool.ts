/** An agent's log spool with an agent to be killed: data folder and control plane are its arguments. */
import { startAgentLogSpool } from '../../src/logs/agent-log-spool.ts';
import { agentCredentials } from './fake-logs.ts';
import { aContainer, aTask } from './task-fixtures.ts';

const [, , dataDir = '', origin = ''] = process.argv;
const spool = startAgentLogSpool({
  dataDir,
  forward: { origin, region: 'us-east-1', credentials: () => agentCredentials },
  log: () => undefined,
});
const logConfig = {
  LogConfig: { Type: 'awslogs', Config: { 'awslogs-group': '/ecs/demo', 'awslogs-create-group': 'true' } },
};
const definition = { name: 'web', image: 'web:1', dockerConfig: { hostConfig: JSON.stringify(logConfig) } };
process.stdout.write(JSON.stringify(await spool.optionsFor(aTask(), aContainer({ definition }))));
