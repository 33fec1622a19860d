import type { InstanceIdentity } from '../domain/agent-state.ts';
import { timeText } from './metadata-shapes.ts';

/**
 * The audit line of one request for credentials, version 2 of Amazon's agent: time, status, remote address, path,
 * user agent, task, event, version, cluster, container instance. The id in the path is a secret and is left out.
 */
export const auditLine = (
  entry: {
    readonly at: number;
    readonly status: number;
    readonly remoteAddress: string;
    readonly path: string;
    readonly userAgent: string | undefined;
    readonly taskArn: string;
    readonly event: string;
  },
  identity: InstanceIdentity,
): string => {
  const field = (value: string): string => (value === '' ? '-' : value);
  const path = entry.path.startsWith('/v2/credentials') ? '/v2/credentials' : entry.path;
  const userAgent = (entry.userAgent ?? '').replaceAll(/["\p{Cc}]/gu, ' ');
  return [
    timeText(Math.floor(entry.at / 1000) * 1000)?.replace('.000Z', 'Z'),
    entry.status,
    field(entry.remoteAddress),
    `"${path}"`,
    `"${userAgent}"`,
    field(entry.taskArn),
    entry.event,
    2,
    field(identity.cluster),
    field(identity.containerInstanceArn),
  ].join(' ');
};
