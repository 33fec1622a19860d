/** How a request names a task definition: `family`, `family:revision`, or the ARN with either. */
import type { Scope } from '../../records.ts';
import { looksLikeArn, parseEcsArn } from '../ecs-arn.ts';
import { clientException, invalidParameter } from '../errors.ts';

export interface TaskDefinitionReference {
  readonly family: string;
  /** Absent when the request means the latest ACTIVE revision. */
  readonly revision?: number | undefined;
}

/**
 * Reads a reference. Throws InvalidParameterException for a revision that is not a positive number and what
 * `parseEcsArn` throws for a foreign ARN; says nothing about whether the task definition is there.
 */
export const taskDefinitionReference = (text: string, scope: Scope): TaskDefinitionReference => {
  const name = looksLikeArn(text) ? nameInArn(text, scope) : text;
  const [family = '', revision, ...rest] = name.split(':');
  if (family === '' || rest.length > 0) throw clientException('Invalid task definition identifier.');
  if (revision === undefined) return { family };
  const number = Number(revision);
  if (!/^\d+$/.test(revision) || !Number.isSafeInteger(number) || number < 1) {
    throw invalidParameter(`Invalid revision number. Number: ${revision}`);
  }
  return { family, revision: number };
};

const nameInArn = (text: string, scope: Scope): string => {
  const { type, segments } = parseEcsArn(text, scope);
  const [name = ''] = segments;
  if (type !== 'task-definition' || segments.length !== 1) throw clientException('Invalid arn syntax.');
  return name;
};
