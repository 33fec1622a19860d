/**
 * `GET /oreno/instance-credentials?name=<instance>`: temporary credentials of `ecsInstanceRole` for a container
 * instance, in the shape of EC2's instance metadata (EC2 user guide, "Retrieve security credentials from instance
 * metadata"), which is where machines on EC2 have theirs from. The root of the account may ask for any instance; an
 * instance may renew its own while they are valid.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type AuthenticatedCaller, type Dispatcher } from '@oreno/aws-wire';
import type { IamRoom } from '@oreno/iam';
import { answerOwn, queryOf } from './own-endpoint.ts';

/** The answer: what a container instance signs with, until `Expiration` (ISO 8601). */
export interface InstanceCredentials {
  readonly Code: 'Success';
  readonly LastUpdated: string;
  readonly Type: 'AWS-HMAC';
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

export interface CredentialOffice {
  readonly authenticate: Dispatcher['authenticate'];
  readonly issueSession: IamRoom['issueSession'];
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

const role = 'ecsInstanceRole';
const durationSeconds = 12 * 3_600;

/** The name the credentials are for. Throws AccessDeniedException for who may not have them. */
const nameFor = (caller: AuthenticatedCaller, asked: string | null): string => {
  const own = caller.arn.match(/:assumed-role\/ecsInstanceRole\/(.+)$/)?.[1];
  if (caller.type !== 'root' && (own === undefined || (asked !== null && asked !== own))) {
    throw new AwsError(
      'AccessDeniedException',
      'Only the root of the account gives credentials to instances, and an instance renews its own.',
    );
  }
  const name = asked ?? own ?? '';
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) {
    throw new AwsError('ValidationException', 'name must be 2 to 64 letters, digits or characters of _+=,.@-');
  }
  return name;
};

/** Answers one request under `/oreno/instance-credentials`. */
export const serveInstanceCredentials = (
  request: IncomingMessage,
  response: ServerResponse,
  { authenticate, issueSession, now }: CredentialOffice,
): Promise<void> =>
  answerOwn(response, async () => {
    const caller = await authenticate(request);
    const name = nameFor(caller, queryOf(request, '/oreno/instance-credentials').get('name'));
    const session = issueSession({
      roleArn: `arn:aws:iam::${caller.account}:role/${role}`,
      sessionName: name,
      durationSeconds,
      policies: ['AmazonEC2ContainerServiceforEC2Role'],
    });
    const answer: InstanceCredentials = {
      Code: 'Success',
      LastUpdated: new Date(now()).toISOString(),
      Type: 'AWS-HMAC',
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      Token: session.sessionToken,
      Expiration: new Date(session.expiration).toISOString(),
    };
    return answer;
  });
