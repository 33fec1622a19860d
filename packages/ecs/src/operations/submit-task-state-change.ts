import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { containerReport, submitReport, submittedStatus } from './submitted-report.ts';

/** An agent says how a task and its containers are; only what changed is in it. */
export const SubmitTaskStateChange: Handler<ecs.Operations, 'SubmitTaskStateChange', EcsContext> = (input, context) =>
  submitReport(context, input, {
    status: submittedStatus(input.status),
    reason: input.reason,
    containers: (input.containers ?? []).map(containerReport).filter((report) => report !== undefined),
    attachments: new Map(
      (input.attachments ?? []).map(({ attachmentArn, status }) => [attachmentArn.split('/').at(-1) ?? '', status]),
    ),
    pullStartedAt: input.pullStartedAt,
    pullStoppedAt: input.pullStoppedAt,
    executionStoppedAt: input.executionStoppedAt,
  });
