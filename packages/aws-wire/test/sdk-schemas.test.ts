/** What the official SDK for JavaScript has that the tables lack: newer models than the ones generated from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cloudwatchSdk from '@aws-sdk/client-cloudwatch';
import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as iamSdk from '@aws-sdk/client-iam';
import * as stsSdk from '@aws-sdk/client-sts';
import { cloudwatchModel, ecrModel, ecsModel, iamModel, logsModel, stsModel } from '../src/index.ts';

const pairs = [
  [ecsModel, ecsSdk],
  [ecrModel, ecrSdk],
  [logsModel, logsSdk],
  [cloudwatchModel, cloudwatchSdk],
  [iamModel, iamSdk],
  [stsModel, stsSdk],
] as const;

/** A structure's schema as the SDK's clients export it: kind 3, namespace, name, traits, member names. */
const structureOf = (value: unknown): readonly [string, readonly string[]] | undefined => {
  if (!Array.isArray(value) || value[0] !== 3 || !Array.isArray(value[4])) return undefined;
  return [String(value[2]), value[4].map(String)];
};

for (const [{ name, table }, sdk] of pairs) {
  test(`${name}: every operation of the table is one of the SDK; what the SDK has more is told`, (context) => {
    const commands = Object.keys(sdk)
      .filter((each) => each.endsWith('Command'))
      .map((each) => each.slice(0, -'Command'.length));
    const absent = Object.keys(table.operations).filter((operation) => !commands.includes(operation));
    assert.deepEqual(absent, []);
    const operations = commands.filter((command) => !Object.hasOwn(table.operations, command) && command !== '$');
    const members = Object.values(sdk)
      .map(structureOf)
      .filter((structure) => structure !== undefined)
      .flatMap(([shape, names]) => {
        const known = table.shapes[shape]?.members;
        return known === undefined
          ? []
          : names.filter((each) => !Object.hasOwn(known, each)).map((each) => `${shape}.${each}`);
      });
    context.diagnostic(
      `not in the table: ${operations.length} operations (${operations.join(', ')}), ${members.length} members (${members.slice(0, 40).join(', ')})`,
    );
  });
}
