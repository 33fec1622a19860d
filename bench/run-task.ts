/**
 * From RunTask accepted to RUNNING reported, against `docker run -d` of the same image on the same engine, alternating.
 * Needs a running `oreno up` (its data folder as ORENO_DATA_DIR) and an image. Prints medians and their ratio.
 * Run: npm run bench:run-task -- IMAGE [ROUNDS]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAws, ecsModel, type ecs } from '@oreno/aws-wire';

const dataDir = process.env['ORENO_DATA_DIR'] ?? '';
const image = process.argv[2] ?? '';
const rounds = Number(process.argv[3] ?? 15);
const note = JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8')) as { origin: string; region: string };
const exported = execFileSync('./oreno', ['env'], { encoding: 'utf8' });
const setting = (name: string): string => new RegExp(`export ${name}='(.*)'`).exec(exported)?.[1] ?? '';
const credentials = { accessKeyId: setting('AWS_ACCESS_KEY_ID'), secretAccessKey: setting('AWS_SECRET_ACCESS_KEY') };

const call = <Name extends keyof ecs.Operations>(operation: Name, input: ecs.Operations[Name]['input']) =>
  callAws({ origin: note.origin, model: ecsModel, region: note.region, credentials, operation, input });

const untilStatus = async (task: string, status: string): Promise<void> => {
  for (;;) {
    const { tasks = [] } = await call('DescribeTasks', { tasks: [task] });
    if (tasks[0]?.lastStatus === status) return;
    if (tasks[0]?.lastStatus === 'STOPPED') throw new Error(`the task stopped: ${tasks[0].stoppedReason}`);
    await sleep(2);
  }
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const command = ['sleep', '600'];
await call('RegisterTaskDefinition', {
  family: 'bench-run-task',
  containerDefinitions: [{ name: 'main', image, command, cpu: 10, memory: 32, essential: true, stopTimeout: 2 }],
});
const docker: number[] = [];
const oreno: number[] = [];
for (let round = 0; round < rounds + 2; round += 1) {
  const dockerBegun = performance.now();
  const id = execFileSync('docker', ['run', '-d', '-m', '32m', '--cpu-shares', '10', image, ...command], {
    encoding: 'utf8',
  }).trim();
  const dockerTook = performance.now() - dockerBegun;
  execFileSync('docker', ['rm', '-f', id], { stdio: 'ignore' });
  await sleep(300);
  const { tasks = [], failures = [] } = await call('RunTask', { taskDefinition: 'bench-run-task' });
  const task = tasks[0]?.taskArn;
  if (task === undefined) throw new Error(`not placed: ${JSON.stringify(failures)}`);
  const orenoBegun = performance.now();
  await untilStatus(task, 'RUNNING');
  const orenoTook = performance.now() - orenoBegun;
  await call('StopTask', { task });
  await untilStatus(task, 'STOPPED').catch(() => {});
  await sleep(300);
  // The first rounds warm both up.
  if (round < 2) continue;
  docker.push(dockerTook);
  oreno.push(orenoTook);
}
console.log(`docker run -d             median ${median(docker).toFixed(0)} ms of ${rounds}`);
console.log(`RunTask to RUNNING        median ${median(oreno).toFixed(0)} ms of ${rounds}`);
console.log(`ratio                     ${(median(oreno) / median(docker)).toFixed(2)}`);
