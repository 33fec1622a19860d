import type { AgentState } from '../domain/agent-state.ts';
import { type Answer, json } from './answer.ts';

/**
 * The credentials endpoint (ECS developer guide, "Task IAM role"): whoever knows the id is the task. The
 * credentials are the control plane's and are in memory only.
 */
export interface CredentialsAnswer extends Answer {
  /** For the audit line. */
  readonly audit: { readonly taskArn: string; readonly event: string; readonly version: 1 | 2 };
}

const refuse = (status: number, code: string, message: string, version: 1 | 2): CredentialsAnswer => ({
  ...json(status, { code, message: `CredentialsV${version}Request: ${message}`, HTTPErrorCode: status }),
  audit: { taskArn: '', event: 'GetCredentials', version },
});

const requestedId = (
  path: string,
  query: URLSearchParams,
): { readonly id: string; readonly version: 1 | 2 } | undefined => {
  if (path === '/v1/credentials' || path === '/v1/credentials/') return { id: query.get('id') ?? '', version: 1 };
  const match = /^\/v2\/credentials(?:\/(.*))?$/.exec(path);
  return match === null ? undefined : { id: match[1] ?? '', version: 2 };
};

/** Answers a path of the credentials endpoint; undefined when it is not one. */
export const answerCredentials = (
  state: AgentState,
  path: string,
  query: URLSearchParams,
): CredentialsAnswer | undefined => {
  const request = requestedId(path, query);
  if (request === undefined) return undefined;
  const { id, version } = request;
  if (id === '') return refuse(400, 'NoIdInRequest', 'No Credential ID in the request', version);
  const found = state.credentials.get(id);
  if (found === undefined) return refuse(400, 'InvalidIdInRequest', 'Credentials not found', version);
  if (found.accessKeyId === '') {
    return refuse(503, 'CredentialsUninitialized', 'Credentials uninitialized for ID', version);
  }
  const event = found.roleType === 'TaskExecution' ? 'GetCredentialsExecutionRole' : 'GetCredentials';
  return {
    ...json(200, {
      RoleArn: found.roleArn,
      AccessKeyId: found.accessKeyId,
      SecretAccessKey: found.secretAccessKey,
      Token: found.sessionToken,
      Expiration: found.expiration,
    }),
    audit: { taskArn: found.taskArn, event, version },
  };
};
