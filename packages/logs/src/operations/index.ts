/** Every operation of CloudWatch Logs that is there, one line each. */
import type { Handlers, logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { CreateLogGroup } from './create-log-group.ts';
import { CreateLogStream } from './create-log-stream.ts';
import { DeleteLogGroup } from './delete-log-group.ts';
import { DeleteLogStream } from './delete-log-stream.ts';
import { DeleteRetentionPolicy } from './delete-retention-policy.ts';
import { DescribeLogGroups } from './describe-log-groups.ts';
import { DescribeLogStreams } from './describe-log-streams.ts';
import { FilterLogEvents } from './filter-log-events.ts';
import { GetLogEvents } from './get-log-events.ts';
import { PutLogEvents } from './put-log-events.ts';
import { PutRetentionPolicy } from './put-retention-policy.ts';
import {
  ListTagsForResource,
  ListTagsLogGroup,
  TagLogGroup,
  TagResource,
  UntagLogGroup,
  UntagResource,
} from './tags.ts';

export const handlers: Handlers<logs.Operations, LogsContext> = {
  CreateLogGroup,
  CreateLogStream,
  DeleteLogGroup,
  DeleteLogStream,
  DeleteRetentionPolicy,
  DescribeLogGroups,
  DescribeLogStreams,
  FilterLogEvents,
  GetLogEvents,
  ListTagsForResource,
  ListTagsLogGroup,
  PutLogEvents,
  PutRetentionPolicy,
  TagLogGroup,
  TagResource,
  UntagLogGroup,
  UntagResource,
};
