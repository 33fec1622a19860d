/** One request of the distribution protocol, and how it is answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../caller.ts';
import type { EcrParts } from '../context.ts';
import { repositoryNotFound } from '../domain/exceptions.ts';
import { isRepositoryName } from '../domain/names.ts';
import { templateFor } from '../domain/repository-template.ts';
import { findOrMakeRepository } from '../content/make-repository.ts';
import { templates } from '../registry-records.ts';
import type { RepositoryRecord } from '../records.ts';
import { authorize, authorizeAndFind } from '../access.ts';
import { registryError } from './registry-error.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export interface Call extends Exchange {
  readonly query: URLSearchParams;
  readonly parts: EcrParts;
  readonly caller: Caller;
}

export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>;

const headersOf = (headers: AnswerHeaders): Record<string, string | number | string[]> => ({
  'Docker-Distribution-Api-Version': 'registry/2.0',
  ...(headers as Record<string, string | number | string[]>),
});

/** Answers without a body. */
export const answerEmpty = (
  { response }: Pick<Call, 'response'>,
  status: number,
  headers: AnswerHeaders = {},
): void => {
  const length = status === 204 || status === 304 || 'Content-Length' in headers ? {} : { 'Content-Length': 0 };
  response.writeHead(status, headersOf({ ...length, ...headers })).end();
};

/** Answers with bytes in memory; a HEAD gets the headers alone. */
export const answerBytes = (
  { request, response }: Exchange,
  status: number,
  bytes: Uint8Array,
  headers: AnswerHeaders,
): void => {
  response.writeHead(status, headersOf({ 'Content-Length': bytes.byteLength, ...headers }));
  response.end(request.method === 'HEAD' ? undefined : bytes);
};

export const answerJson = (call: Exchange, status: number, body: unknown, headers: AnswerHeaders = {}): void =>
  answerBytes(call, status, Buffer.from(JSON.stringify(body)), { 'Content-Type': 'application/json', ...headers });

/** The names of ECR's actions that guard the endpoints. */
export type Action =
  | 'BatchCheckLayerAvailability'
  | 'BatchDeleteImage'
  | 'BatchGetImage'
  | 'CompleteLayerUpload'
  | 'GetDownloadUrlForLayer'
  | 'InitiateLayerUpload'
  | 'ListImages'
  | 'PutImage'
  | 'UploadLayerPart';

/** What a push begins with; a repository of a template is made then. */
const pushes: ReadonlySet<Action> = new Set(['InitiateLayerUpload', 'PutImage']);

/** The repository made by a template for pushes, for a caller who may create it; undefined where there is none. */
const createOnPush = async (
  parts: EcrParts,
  caller: Caller,
  repositoryName: string,
): Promise<RepositoryRecord | undefined> => {
  const { account, region } = caller;
  const rows = await parts.store.read((tx) => tx.list(templates, { where: { account, region } }));
  const known = rows.map(({ record }) => record);
  if (templateFor(repositoryName, 'CREATE_ON_PUSH', known) === undefined) return undefined;
  await authorize(parts, caller, 'ecr:CreateRepository', repositoryName);
  const wanted = { scope: caller, repositoryName, use: 'CREATE_ON_PUSH', onlyByTemplate: true } as const;
  return parts.store.update((tx) => findOrMakeRepository(tx, { ...wanted, now: parts.now() }));
};

/**
 * The repository that the path names, for a caller who may do that in it. Throws NAME_INVALID, DENIED and
 * NAME_UNKNOWN, in this order.
 */
export const openRepository = async (
  { parts, caller }: Pick<Call, 'parts' | 'caller'>,
  repositoryName: string,
  action: Action,
): Promise<RepositoryRecord> => {
  if (!isRepositoryName(repositoryName)) {
    throw registryError('NAME_INVALID', 'The repository name is not valid: lower-case letters, digits, and separators');
  }
  const repository =
    (await authorizeAndFind(parts, caller, `ecr:${action}`, repositoryName)) ??
    (pushes.has(action) ? await createOnPush(parts, caller, repositoryName) : undefined);
  if (!repository) throw repositoryNotFound({ account: caller.account, repositoryName });
  return repository;
};
