/** One line for a person from an event: when, what, its state, and why. */
import type { AwsEvent } from '@oreno/server';

type Detail = AwsEvent['detail'];

const text = (detail: Detail, name: string): string => {
  const value = detail[name];
  return typeof value === 'string' ? value : '';
};

const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

const clusterOf = (detail: Detail, arn: string): string => {
  const cluster = lastOf(text(detail, 'clusterArn')) || (arn.split('/')[1] ?? '');
  return cluster === 'default' ? '' : `in ${cluster}`;
};

const exitsOf = (detail: Detail): string =>
  (Array.isArray(detail['containers']) ? (detail['containers'] as readonly Detail[]) : [])
    .filter((container) => typeof container['exitCode'] === 'number')
    .map((container) => `${text(container, 'name')} exited with ${String(container['exitCode'])}`)
    .join(', ');

const taskState = (detail: Detail): string => {
  const last = text(detail, 'lastStatus');
  return text(detail, 'desiredStatus') === 'STOPPED' && last !== 'STOPPED' ? `${last}, to be STOPPED` : last;
};

const imageOf = (detail: Detail): string => {
  const tag = text(detail, 'image-tag');
  return `image ${text(detail, 'repository-name')}${tag === '' ? `@${text(detail, 'image-digest')}` : `:${tag}`}`;
};

const imageAction = (detail: Detail): readonly string[] => [
  imageOf(detail),
  text(detail, 'action-type'),
  text(detail, 'target-storage-class'),
  text(detail, 'result'),
];

const countsOf = (detail: Detail): string =>
  Object.entries((detail['finding-severity-counts'] ?? {}) as Readonly<Record<string, number>>)
    .map(([severity, count]) => `${count} ${severity}`)
    .join(', ');

type Words = (detail: Detail, arn: string) => readonly string[];

const wordsOf: ReadonlyMap<string, Words> = new Map(
  Object.entries({
    'ECS Task State Change': (detail, arn) => [
      `task ${lastOf(arn)}`,
      lastOf(text(detail, 'taskDefinitionArn')),
      clusterOf(detail, arn),
      taskState(detail),
      [text(detail, 'stoppedReason'), exitsOf(detail)].filter((part) => part !== '').join('; '),
    ],
    'ECS Container Instance State Change': (detail, arn) => [
      `container instance ${lastOf(arn)}`,
      clusterOf(detail, arn),
      text(detail, 'status'),
      detail['agentConnected'] === true ? 'connected' : 'away',
    ],
    'ECS Service Action': (detail, arn) => [
      `service ${lastOf(arn)}`,
      clusterOf(detail, arn),
      text(detail, 'eventName'),
      text(detail, 'reason'),
    ],
    'ECS Deployment State Change': (detail, arn) => [
      `service ${lastOf(arn)}`,
      clusterOf(detail, arn),
      text(detail, 'eventName'),
      text(detail, 'reason'),
    ],
    'ECR Image Action': imageAction,
    'ECR Referrer Action': imageAction,
    'ECR Image Scan': (detail) => [imageOf(detail), 'scan', text(detail, 'scan-status'), countsOf(detail)],
    'ECR Replication Action': (detail, arn) => [
      imageOf(detail),
      'REPLICATE',
      `from ${text(detail, 'source-account')} ${text(detail, 'source-region')} to ${arn.split(':')[3] ?? ''}`,
      text(detail, 'result'),
    ],
    'ECR Pull Through Cache Action': (detail) => [
      imageOf(detail),
      `pulled through from ${text(detail, 'upstream-registry-url')}`,
      text(detail, 'sync-status'),
      text(detail, 'failure-reason'),
    ],
  } satisfies Readonly<Record<string, Words>>),
);

// Reasons come from engines and images: nothing in them may move the cursor of a terminal.
const printable = (part: string): string => part.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();

/** The line, without its end. */
export const eventLine = (event: AwsEvent): string => {
  const describe = wordsOf.get(event['detail-type']) ?? (() => [event['detail-type']]);
  const words = describe(event.detail, event.resources[0] ?? '');
  return [event.time, ...words.map(printable).filter((word) => word !== '')].join('  ');
};
