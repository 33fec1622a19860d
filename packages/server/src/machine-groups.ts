/**
 * `PUT /oreno/machine-groups?capacityProvider=<name>&minimumSize=<n>&maximumSize=<n>[&cpu=<units>&memory=<MiB>]`: a
 * program that makes and destroys machines serves the group of a capacity provider for the next minute, and is
 * answered `{"wish":{…}}`, how many there shall be and which may end; `{}` where nothing scales it. `DELETE` with
 * `capacityProvider` ends that at once. On AWS this is between ECS and Auto Scaling, and has no public operation.
 * Signed like any call (service `ecs`); the account's root alone.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type Dispatcher } from '@oreno/aws-wire';
import type { MachineBounds, MachineGroups, MachineWish } from '@oreno/ecs';
import { answerOwn } from './own-endpoint.ts';

/** The answer to whoever serves a group. */
export interface MachineGroupAnswer {
  /** Absent where the capacity provider has no managed scaling, or no cluster. */
  readonly wish?: MachineWish | undefined;
}

export interface MachineGroupDesk {
  readonly authenticate: Dispatcher['authenticate'];
  readonly machineGroups: MachineGroups;
}

const path = '/oreno/machine-groups';
const mostMachines = 10_000;

const wrong = (message: string): AwsError => new AwsError('ValidationException', message);

const wholeNumber = (query: URLSearchParams, name: string, most: number): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw wrong(`${name} must be a whole number up to ${most}.`);
  return value;
};

const boundsOf = (query: URLSearchParams): MachineBounds => {
  const minimumSize = wholeNumber(query, 'minimumSize', mostMachines) ?? 0;
  const maximumSize = wholeNumber(query, 'maximumSize', mostMachines);
  if (maximumSize === undefined) throw wrong('maximumSize is missing.');
  if (minimumSize > maximumSize) throw wrong('minimumSize must not be larger than maximumSize.');
  const cpu = wholeNumber(query, 'cpu', Number.MAX_SAFE_INTEGER);
  const memory = wholeNumber(query, 'memory', Number.MAX_SAFE_INTEGER);
  if ((cpu === undefined) !== (memory === undefined)) throw wrong('cpu and memory go together.');
  return {
    minimumSize,
    maximumSize,
    ...(cpu === undefined || memory === undefined ? {} : { machine: { cpu, memory } }),
  };
};

const answerOf = async (
  request: IncomingMessage,
  { authenticate, machineGroups }: MachineGroupDesk,
): Promise<MachineGroupAnswer> => {
  const caller = await authenticate(request);
  if (caller.type !== 'root') {
    throw new AwsError('AccessDeniedException', 'Only the root of the account serves machine groups.');
  }
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
  const { method } = request;
  if (pathname !== path || (method !== 'PUT' && method !== 'DELETE')) {
    throw new AwsError('UnknownOperationException', `There is PUT and DELETE ${path} and nothing else.`);
  }
  const name = searchParams.get('capacityProvider');
  if (name === null || name === '') throw wrong('capacityProvider is missing.');
  if (method === 'DELETE') {
    await machineGroups.withdraw(caller, name);
    return {};
  }
  const wish = await machineGroups.serve(caller, name, boundsOf(searchParams));
  return wish === undefined ? {} : { wish };
};

/** Answers one request under `/oreno/machine-groups`. Rejects only for failures of the store. */
export const serveMachineGroups = (
  request: IncomingMessage,
  response: ServerResponse,
  desk: MachineGroupDesk,
): Promise<void> => answerOwn(response, () => answerOf(request, desk));
