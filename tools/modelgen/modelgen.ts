/**
 * A maintainer's step: `node tools/modelgen/modelgen.ts [botocore data folder]` writes the table and the types
 * of every service that oreno answers into packages/aws-wire/src/models. The output is checked in.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withAgentMembers } from './agent-members.ts';
import { installedDataFolder, readModel } from './source.ts';
import { tableOf } from './table.ts';
import { typesText } from './types.ts';

const services = ['ecs', 'ecr', 'logs', 'cloudwatch', 'iam', 'sts'];

const dataFolder = process.argv[2] ?? installedDataFolder();
const target = join(import.meta.dirname, '../../packages/aws-wire/src/models');
mkdirSync(target, { recursive: true });
for (const service of services) {
  const table = tableOf(service, withAgentMembers(service, readModel(dataFolder, service)));
  const text = JSON.stringify(table);
  writeFileSync(join(target, `${service}.json`), `${text}\n`);
  writeFileSync(join(target, `${service}.types.ts`), typesText(table));
  process.stdout.write(
    `${service}: ${Object.keys(table.operations).length} operations, ${Object.keys(table.shapes).length} shapes, ${text.length} bytes\n`,
  );
}
