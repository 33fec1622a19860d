/** Task definitions as the sessions read them: a revision never changes in what a payload needs, so it is kept. */
import type { Store } from '@oreno/store';
import { taskDefinitions } from '../records.ts';
import type { TaskDefinitionRecord, TaskRecord } from '../records.ts';

export interface DefinitionReader {
  /** The revision that a task runs, whatever its status; undefined when it is not there. */
  read(task: TaskRecord): Promise<TaskDefinitionRecord | undefined>;
}

/** Reads through a cache of the `capacity` definitions used last. */
export const openDefinitionReader = (store: Store, capacity = 1_000): DefinitionReader => {
  const kept = new Map<string, TaskDefinitionRecord>();
  return {
    read: async ({ taskDefinitionArn, account, region, family, revision }) => {
      const hit = kept.get(taskDefinitionArn);
      if (hit !== undefined) {
        kept.delete(taskDefinitionArn);
        kept.set(taskDefinitionArn, hit);
        return hit;
      }
      const row = await store.read((transaction) =>
        transaction.get(taskDefinitions, { account, region, family, revision }),
      );
      if (row === undefined) return undefined;
      kept.set(taskDefinitionArn, row.record);
      const [oldest] = kept.keys();
      if (kept.size > capacity && oldest !== undefined) kept.delete(oldest);
      return row.record;
    },
  };
};
