import {
  AwsError,
  type AwsService,
  type CredentialSource,
  defineService,
  type Handler,
  type Handlers,
  type logs,
  logsModel,
  type RequestContext,
} from '@oreno/aws-wire';
import type { Log } from '../domain/agent-runtime.ts';
import type { Forwarder } from './forwarder.ts';
import type { LogCredentials, LogGrant } from './log-credentials.ts';
import { eventsHeader, type SpoolRecordHeader } from './spool-record.ts';
import type { SpoolStore } from './spool-store.ts';
import { type LogsUpstream, outcomeOf } from './upstream.ts';

/**
 * CloudWatch Logs as Docker's awslogs driver meets it on loopback. Groups and streams are created at the control
 * plane while it answers, so that its errors reach the container's start; while it does not, the wish is written
 * down and answered with success. Events are always written down first. Every other operation is asked through.
 */
export interface SpoolParts {
  readonly store: SpoolStore;
  readonly forwarder: Forwarder;
  readonly upstream: LogsUpstream;
  readonly credentials: LogCredentials;
  readonly log: Log;
  readonly now: () => number;
}

interface SpoolContext extends RequestContext {
  readonly grant: LogGrant | undefined;
}

/** How long the start of a container waits for the control plane's word on its group or stream. */
const CREATE_TIMEOUT_MS = 1000;
const OTHER_TIMEOUT_MS = 30_000;
const FULL_WARNING_MS = 60_000;

/** Keys that the spool itself issued, as the dispatcher asks for them. */
export const spoolCredentialSource = (credentials: LogCredentials): CredentialSource => ({
  lookup: async (accessKeyId, sessionToken) => {
    const grant = credentials.lookup(accessKeyId, sessionToken);
    if (grant === undefined) return 'UnrecognizedClientException';
    if (grant === 'expired') return 'ExpiredTokenException';
    const account = grant.taskArn.split(':')[4] ?? '';
    return {
      secretAccessKey: grant.secretAccessKey,
      principal: { type: 'assumed-role', arn: grant.taskArn, account, accessKeyId, userId: grant.id },
    };
  },
});

/** The service behind the spool's port. */
export const spoolService = ({ store, forwarder, upstream, credentials, log, now }: SpoolParts): AwsService => {
  let fullWarnedAt = Number.NEGATIVE_INFINITY;

  const write = async (header: SpoolRecordHeader, body: unknown): Promise<number> => {
    try {
      const record = await store.append(header, Buffer.from(JSON.stringify(body)));
      forwarder.enqueue(record);
      return record.segment * 2 ** 24 + record.index;
    } catch (error) {
      if (now() - fullWarnedAt >= FULL_WARNING_MS) {
        fullWarnedAt = now();
        log('error', 'log spool: events are refused', { error: String(error), bytes: store.size() });
      }
      throw new AwsError('ServiceUnavailableException', 'The log spool cannot take events at the moment.');
    }
  };

  const headerOf = (
    kind: SpoolRecordHeader['kind'],
    context: SpoolContext,
    group: string,
    stream: string,
  ): SpoolRecordHeader => ({
    ...eventsHeader({ region: context.region, group, stream, createGroup: context.grant?.createGroup ?? false }, []),
    kind,
  });

  /** Asks the control plane, or writes the wish down while it does not answer. */
  const createOrPromise = async (operation: string, input: object, header: SpoolRecordHeader): Promise<void> => {
    if (forwarder.gate.open()) {
      try {
        await upstream.call(operation, input, { region: header.region, timeoutMs: CREATE_TIMEOUT_MS });
        return;
      } catch (error) {
        if (outcomeOf(error) !== 'retry') throw error;
        log('debug', 'log spool: created later, the control plane does not answer', {
          operation,
          error: String(error),
        });
      }
    }
    await write(header, input);
  };

  const CreateLogGroup: Handler<logs.Operations, 'CreateLogGroup', SpoolContext> = (input, context) =>
    createOrPromise('CreateLogGroup', input, headerOf('create-group', context, input.logGroupName, ''));

  const CreateLogStream: Handler<logs.Operations, 'CreateLogStream', SpoolContext> = (input, context) =>
    createOrPromise(
      'CreateLogStream',
      input,
      headerOf('create-stream', context, input.logGroupName, input.logStreamName),
    );

  const PutLogEvents: Handler<logs.Operations, 'PutLogEvents', SpoolContext> = async (input, context) => {
    const createGroup = context.grant?.createGroup ?? false;
    const target = { region: context.region, group: input.logGroupName, stream: input.logStreamName, createGroup };
    const number = await write(eventsHeader(target, input.logEvents), input.logEvents);
    // Tokens are not needed any more (API reference, PutLogEvents), but old drivers send back what they were given.
    return { nextSequenceToken: String(number).padStart(56, '0') };
  };

  const askThrough = (operation: string) => (input: unknown, context: SpoolContext) =>
    upstream.call(operation, input, { region: context.region, timeoutMs: OTHER_TIMEOUT_MS });
  const others = Object.fromEntries(Object.keys(logsModel.table.operations).map((name) => [name, askThrough(name)]));

  return defineService<logs.Operations, SpoolContext>({
    model: logsModel,
    bind: (base) => {
      const grant = credentials.grant(base.principal.userId);
      return { ...base, grant };
    },
    // The control plane's answer to an operation is, by the model, that operation's output.
    handlers: { ...(others as Handlers<logs.Operations, SpoolContext>), CreateLogGroup, CreateLogStream, PutLogEvents },
  });
};
