import type { IncomingMessage } from 'node:http';
import { AwsError, callAws, type ecs, ecsModel } from '@oreno/aws-wire';
import type { AgentRuntime } from '../domain/agent-runtime.ts';
import type { TaskCredentials, TaskState } from '../domain/task-state.ts';
import { type Answer, json } from './answer.ts';
import { timeText } from './metadata-shapes.ts';

/**
 * The task scale-in protection endpoint (ECS developer guide, "Amazon ECS task scale-in protection endpoint"): a
 * task asks for its own protection, and the control plane is asked with the task's own role.
 */
export type ProtectionRuntime = Pick<AgentRuntime, 'state' | 'endpoint' | 'region' | 'now'>;

const CALL_TIMEOUT_MS = 4000;
const MAX_BODY_BYTES = 64 * 1024;

const failed = (status: number, taskArn: string, code: string, message: string, requestId?: string): Answer =>
  json(status, {
    ...(requestId === undefined ? {} : { requestID: requestId }),
    error: { ...(taskArn === '' ? {} : { Arn: taskArn }), Code: code, Message: message },
  });

interface ProtectionRequest {
  readonly protectionEnabled: boolean | undefined;
  readonly expiresInMinutes: number | undefined;
}

/** The body of a PUT; undefined when it is not JSON of the right types or has members that are not known. */
export const parseProtectionRequest = (body: string): ProtectionRequest | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = new Map<string, unknown>(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]));
  const enabled = given.get('protectionenabled') ?? undefined;
  const minutes = given.get('expiresinminutes') ?? undefined;
  given.delete('protectionenabled');
  given.delete('expiresinminutes');
  if (given.size > 0 || (enabled !== undefined && typeof enabled !== 'boolean')) return undefined;
  if (minutes !== undefined && !Number.isInteger(minutes)) return undefined;
  return { protectionEnabled: enabled, expiresInMinutes: minutes as number | undefined };
};

const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
};

const resultOf = (
  output: ecs.GetTaskProtectionResponse | ecs.UpdateTaskProtectionResponse,
  task: TaskState,
): Answer => {
  const { failures = [], protectedTasks = [] } = output;
  const [failure] = failures;
  const [protection] = protectedTasks;
  if (failures.length > 1 || protectedTasks.length > 1 || (failure === undefined && protection === undefined)) {
    return failed(500, task.arn, 'ServerException', 'Unexpected error occurred');
  }
  if (failure !== undefined) {
    return json(200, { failure: { Arn: failure.arn, Reason: failure.reason, Detail: failure.detail ?? null } });
  }
  return json(200, {
    protection: {
      ExpirationDate: timeText(protection?.expirationDate) ?? null,
      ProtectionEnabled: protection?.protectionEnabled ?? false,
      TaskArn: protection?.taskArn,
    },
  });
};

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || isTimeout(error.cause));

const errorAnswer = (error: unknown, task: TaskState): Answer => {
  if (error instanceof AwsError) {
    const requestId = error.members['requestId'];
    const status = error.code === 'ServerException' ? 500 : 400;
    return failed(status, task.arn, error.code, error.message, typeof requestId === 'string' ? requestId : '');
  }
  if (isTimeout(error)) {
    return failed(504, task.arn, 'RequestCanceled', 'Timed out calling ECS Task Protection API');
  }
  return failed(500, task.arn, 'ServerException', error instanceof Error ? error.message : String(error));
};

const call = async (
  runtime: ProtectionRuntime,
  task: TaskState,
  credentials: TaskCredentials,
  update: ProtectionRequest | undefined,
): Promise<Answer> => {
  const common = {
    origin: runtime.endpoint,
    model: ecsModel,
    region: runtime.region,
    credentials,
    timeoutMs: CALL_TIMEOUT_MS,
    now: runtime.now,
  };
  const target = { cluster: runtime.state.identity.cluster, tasks: [task.arn] };
  try {
    if (update === undefined) {
      return resultOf(await callAws({ ...common, operation: 'GetTaskProtection', input: target }), task);
    }
    const { protectionEnabled = false, expiresInMinutes } = update;
    const input = { ...target, protectionEnabled, expiresInMinutes };
    return resultOf(await callAws({ ...common, operation: 'UpdateTaskProtection', input }), task);
  } catch (error) {
    return errorAnswer(error, task);
  }
};

/** Answers a path of the agent's API; undefined when it is not one. */
export const answerTaskProtection = async (
  runtime: ProtectionRuntime,
  path: string,
  request: IncomingMessage,
): Promise<Answer | undefined> => {
  const id = /^\/api\/([^/]+)\/task-protection\/v1\/state\/?$/.exec(path)?.[1];
  if (id === undefined || (request.method !== 'GET' && request.method !== 'PUT')) return undefined;
  let update: ProtectionRequest | undefined;
  if (request.method === 'PUT') {
    const body = await readBody(request);
    update = body === undefined ? undefined : parseProtectionRequest(body);
    if (update === undefined) {
      return failed(400, '', 'InvalidParameterException', 'UpdateTaskProtection: failed to decode request');
    }
  }
  const task = runtime.state.findByMetadataId(id)?.task;
  if (task === undefined) return failed(404, '', 'ResourceNotFoundException', 'Failed to find a task for the request');
  if (update !== undefined && update.protectionEnabled === undefined) {
    const message = "Invalid request: does not contain 'ProtectionEnabled' field";
    return failed(400, task.arn, 'InvalidParameterException', message);
  }
  const { taskCredentialsId } = task;
  const credentials = taskCredentialsId === undefined ? undefined : runtime.state.credentials.get(taskCredentialsId);
  if (credentials === undefined) {
    const message = 'Invalid Request: no task IAM role credentials available for task';
    return failed(403, task.arn, 'AccessDeniedException', message);
  }
  return call(runtime, task, credentials, update);
};
