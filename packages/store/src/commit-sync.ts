/**
 * Brings commits to the disk without holding up the process: the write-ahead log is synced on the thread pool while
 * other updates run, and one sync serves all commits that came before it.
 */
export interface CommitSync {
  /** Tells of a commit that wrote. */
  committed(): void;
  /**
   * Resolves when every commit told of before this call is on the disk; undefined when they are already. Rejects when
   * a sync failed, then and ever after: what the kernel could not write it forgets, so no later sync proves anything.
   */
  pending(): Promise<void> | undefined;
}

/** `sync` brings to the disk all that was written before it was called. */
export const openCommitSync = (sync: () => Promise<void>): CommitSync => {
  let commits = 0;
  let synced = 0;
  let failed: Promise<never> | undefined;
  let running: { readonly commits: number; readonly done: Promise<void> } | undefined;
  let next: Promise<void> | undefined;

  const start = (): Promise<void> => {
    next = undefined;
    const upTo = commits;
    const done = sync().then(
      () => {
        synced = upTo;
        if (running?.done === done) running = undefined;
      },
      (error: unknown) => {
        failed = Promise.reject(error instanceof Error ? error : new Error(String(error)));
        return failed;
      },
    );
    running = { commits: upTo, done };
    return done;
  };

  return {
    committed: () => void (commits += 1),
    pending: () => {
      if (failed !== undefined) return failed;
      if (synced === commits) return undefined;
      if (running === undefined) return start();
      if (running.commits === commits) return running.done;
      // The one under way began before the newest commit.
      return (next ??= running.done.then(start));
    },
  };
};

/** For stores that need not outlive the machine. */
export const noSync: CommitSync = { committed: () => undefined, pending: () => undefined };
