/**
 * Sends what is to be told of tasks, in order for each task and for several tasks at once. A refusal as
 * InvalidParameterException drops the report (the control plane does not know the task any more); anything else is
 * tried again for ever, with growing pauses. What was taken is kept on disk, so that after a restart only news is sent.
 */
import { AwsError } from '@oreno/aws-wire';
import type { AgentState } from '../domain/agent-state.ts';
import type { Log } from '../domain/agent-runtime.ts';
import { decideReport, nothingReported } from '../domain/state-report.ts';
import type { Report, Reported } from '../domain/state-report.ts';
import { createBackoff } from './backoff.ts';
import type { ControlPlane } from './control-plane.ts';

export interface StateSender {
  /** What the control plane has taken of this task. */
  reported(arn: string): Reported;
  /** Looks at every task again: after a start. */
  resume(): void;
  forget(arn: string): void;
  stop(): Promise<void>;
}

interface SenderOptions {
  readonly state: AgentState;
  readonly controlPlane: ControlPlane;
  readonly saved: ReadonlyMap<string, Reported>;
  readonly onTaken: (arn: string, reported: Reported) => void;
  readonly log: Log;
  /** How long news that is not urgent waits for company. Milliseconds. */
  readonly gatherMs?: number | undefined;
}

interface TaskQueue {
  /** Taken by the control plane. */
  reported: Reported;
  /** Said or queued: what the next report is compared with. */
  queued: Reported;
  readonly reports: Report[];
  sending: Promise<void> | undefined;
  gathering: NodeJS.Timeout | undefined;
}

/** Starts to listen to the state. Nothing is sent for tasks that are there already until {@link StateSender.resume}. */
export function startStateSender(options: SenderOptions): StateSender {
  const { state, controlPlane, log } = options;
  const queues = new Map<string, TaskQueue>();
  const stopping = new AbortController();

  const queueOf = (arn: string): TaskQueue => {
    const existing = queues.get(arn);
    if (existing) return existing;
    const reported = options.saved.get(arn) ?? nothingReported;
    const queue: TaskQueue = { reported, queued: reported, reports: [], sending: undefined, gathering: undefined };
    queues.set(arn, queue);
    return queue;
  };

  const consider = (arn: string, gathered: boolean): void => {
    const task = state.tasks.get(arn);
    if (!task || stopping.signal.aborted) return;
    const queue = queueOf(arn);
    for (;;) {
      const report = decideReport(task, queue.queued, state.identity.cluster);
      if (!report) return;
      if (!report.urgent && !gathered) {
        queue.gathering ??= setTimeout(() => {
          queue.gathering = undefined;
          consider(arn, true);
        }, options.gatherMs ?? 250);
        return;
      }
      clearTimeout(queue.gathering);
      queue.gathering = undefined;
      queue.queued = report.reported;
      queue.reports.push(report);
      queue.sending ??= sendAll(arn, queue);
    }
  };

  const sendAll = async (arn: string, queue: TaskQueue): Promise<void> => {
    const backoff = createBackoff({ firstMs: 1_000, factor: 1.3, longestMs: 30_000, jitter: 0.2 });
    for (let report = queue.reports[0]; report && !stopping.signal.aborted; report = queue.reports[0]) {
      try {
        await controlPlane.call('SubmitTaskStateChange', report.input, { signal: stopping.signal });
      } catch (error) {
        if (stopping.signal.aborted) break;
        if (!(error instanceof AwsError) || error.code !== 'InvalidParameterException') {
          log('warn', 'cannot report the state of a task; trying again', { task: arn, error: String(error) });
          await backoff.wait(stopping.signal);
          continue;
        }
        log('warn', 'the control plane refused a report; dropped', { task: arn, error: error.message });
      }
      backoff.reset();
      queue.reports.shift();
      queue.reported = report.reported;
      options.onTaken(arn, report.reported);
    }
    queue.sending = undefined;
  };

  const unlisten = state.onChange((change) => {
    if (change.kind === 'task') consider(change.task.arn, false);
  });

  return {
    reported: (arn) => queueOf(arn).reported,
    resume() {
      for (const arn of state.tasks.keys()) consider(arn, true);
    },
    forget(arn) {
      clearTimeout(queues.get(arn)?.gathering);
      queues.delete(arn);
    },
    async stop() {
      unlisten();
      stopping.abort();
      for (const queue of queues.values()) clearTimeout(queue.gathering);
      await Promise.allSettled([...queues.values()].map(({ sending }) => sending ?? Promise.resolve()));
    },
  };
}
