/** A log spool as a process of its own, to be killed: data folder and control plane are its arguments. */
import { startLogSpool } from '../../src/logs/log-spool.ts';
import { agentCredentials } from './fake-logs.ts';
import { aContainer, aTask } from './task-fixtures.ts';

const [, , dataDir = '', origin = ''] = process.argv;
const spool = await startLogSpool({
  dataDir,
  forward: { origin, region: 'us-east-1', credentials: () => agentCredentials },
  log: () => undefined,
  now: Date.now,
});
const logConfig = {
  LogConfig: { Type: 'awslogs', Config: { 'awslogs-group': '/ecs/demo', 'awslogs-create-group': 'true' } },
};
const definition = { name: 'web', image: 'web:1', dockerConfig: { hostConfig: JSON.stringify(logConfig) } };
process.stdout.write(JSON.stringify(spool.optionsFor(aTask(), aContainer({ definition }))));
