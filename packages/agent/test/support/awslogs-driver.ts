import assert from 'node:assert/strict';
import { CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';

/** A client that works as Docker's driver does: with the options it was given. */
export const driverOf = async (
  options: Readonly<Record<string, string>>,
  maxAttempts = 1,
): Promise<CloudWatchLogsClient> => {
  // What comes before the last @ is user info: that is how the driver's address ends up on loopback.
  const url = `http://169.254.170.2${options['awslogs-credentials-endpoint']}`;
  const answer = await fetch(url.replace('169.254.170.2@', ''));
  assert.equal(answer.status, 200);
  assert.equal(new URL(url).hostname, '127.0.0.1');
  const keys = (await answer.json()) as {
    AccessKeyId: string;
    SecretAccessKey: string;
    Token: string;
    Expiration: string;
  };
  assert.ok(Date.parse(keys.Expiration) > Date.now() + 3_600_000);
  return new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: options['awslogs-endpoint'] ?? '',
    maxAttempts,
    credentials: { accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey, sessionToken: keys.Token },
  });
};

/** Sends lines as one batch of the group of these tests. */
export const put = (client: CloudWatchLogsClient, messages: readonly string[], logStreamName = 's') =>
  client.send(
    new PutLogEventsCommand({
      logGroupName: '/ecs/demo',
      logStreamName,
      logEvents: messages.map((message) => ({ message, timestamp: Date.now() })),
    }),
  );
