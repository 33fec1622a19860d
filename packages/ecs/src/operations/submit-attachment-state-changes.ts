import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';

/**
 * An agent says how attachments of its instance are. A task's interface is reported with its task, and instances
 * have none here, so there is nothing to keep.
 */
export const SubmitAttachmentStateChanges: Handler<ecs.Operations, 'SubmitAttachmentStateChanges', EcsContext> = async (
  _input,
  context,
) => ({ acknowledgment: context.requestId });
