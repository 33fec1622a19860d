import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { containerReport, submitReport } from './submitted-report.ts';

/** An agent says how one container is. Agents of today put it into SubmitTaskStateChange. */
export const SubmitContainerStateChange: Handler<ecs.Operations, 'SubmitContainerStateChange', EcsContext> = (
  input,
  context,
) => submitReport(context, input, { containers: [containerReport(input)].filter((report) => report !== undefined) });
