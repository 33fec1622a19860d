/**
 * Upkeep of the registry, for the account's root: `POST /oreno/registry/collect[?dryRun=true]` runs one round of the
 * collector of unused content, and `GET /oreno/registry/verify?part=<00 to ff, or manifests>` hashes a part of what is
 * kept again; with POST it gives up what is damaged of it, so that a push brings it again. On AWS this is not the user's to do, and there is no public operation for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type Dispatcher } from '@oreno/aws-wire';
import type { EcrRoom } from '@oreno/ecr';
import { answerOwn } from './own-endpoint.ts';

export interface RegistryUpkeep {
  readonly authenticate: Dispatcher['authenticate'];
  readonly collect: EcrRoom['collect'];
  readonly verify: EcrRoom['verify'];
}

const answerOf = async (request: IncomingMessage, upkeep: RegistryUpkeep): Promise<object> => {
  const caller = await upkeep.authenticate(request);
  if (caller.type !== 'root') {
    throw new AwsError('AccessDeniedException', 'Only the root of the account keeps up the registry.');
  }
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
  const asked = `${request.method} ${pathname}`;
  if (asked === 'POST /oreno/registry/collect') return upkeep.collect(searchParams.get('dryRun') === 'true');
  const drop = asked === 'POST /oreno/registry/verify';
  if (!drop && asked !== 'GET /oreno/registry/verify') {
    throw new AwsError(
      'UnknownOperationException',
      'There is POST /oreno/registry/collect, GET and POST /oreno/registry/verify and nothing else.',
    );
  }
  const part = searchParams.get('part') ?? '';
  if (part !== 'manifests' && !/^[0-9a-f]{2}$/.test(part)) {
    throw new AwsError('ValidationException', 'part must be two hexadecimal digits, or manifests.');
  }
  return upkeep.verify(part, drop);
};

/** Answers one request under `/oreno/registry`. Rejects only for failures of the storage. */
export const serveRegistryUpkeep = (
  request: IncomingMessage,
  response: ServerResponse,
  upkeep: RegistryUpkeep,
): Promise<void> => answerOwn(response, () => answerOf(request, upkeep));
