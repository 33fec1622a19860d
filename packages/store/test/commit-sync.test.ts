import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openCommitSync } from '../src/commit-sync.ts';

/** A disk whose syncs end when the test says so. */
const slowDisk = () => {
  let written = 0;
  let onDisk = 0;
  let syncs = 0;
  const ends: (() => void)[] = [];
  const sync = async (): Promise<void> => {
    syncs += 1;
    const upTo = written;
    await new Promise<void>((resolve) => ends.push(resolve));
    onDisk = upTo;
  };
  return {
    sync,
    commit: () => (written += 1),
    endOldest: () => ends.shift()?.(),
    isBusy: () => ends.length > 0,
    onDisk: () => onDisk,
    syncs: () => syncs,
  };
};

describe('the sync of commits', () => {
  it('answers nobody before what they may have seen is on the disk, and everybody in the end', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('commit', 'ask', 'end')), async (steps) => {
        const disk = slowDisk();
        const commits = openCommitSync(disk.sync);
        const asked: Promise<void>[] = [];
        let newest = 0;
        for (const step of steps) {
          if (step === 'commit') {
            newest = disk.commit();
            commits.committed();
          } else if (step === 'ask') {
            const seen = newest;
            const pending = commits.pending();
            if (pending === undefined) assert.equal(disk.onDisk(), seen);
            else asked.push(pending.then(() => assert.ok(disk.onDisk() >= seen)));
          } else {
            disk.endOldest();
            await new Promise((resolve) => setImmediate(resolve));
          }
        }
        while (disk.isBusy()) {
          disk.endOldest();
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(asked);
      }),
    ));

  it('serves all commits that come while one sync is under way by the next', async () => {
    const disk = slowDisk();
    const commits = openCommitSync(disk.sync);
    const asked = Array.from({ length: 10 }, () => {
      disk.commit();
      commits.committed();
      return commits.pending();
    });
    disk.endOldest();
    await asked[0];
    await new Promise((resolve) => setImmediate(resolve));
    disk.endOldest();
    for (const pending of asked) await pending;
    assert.equal(disk.syncs(), 2);
    assert.equal(commits.pending(), undefined);
  });

  it('fails everybody once a sync has failed: a later one would prove nothing', async () => {
    const failure = new Error('EIO');
    let calls = 0;
    const commits = openCommitSync(async () => {
      calls += 1;
      throw failure;
    });
    commits.committed();
    const [first, beside] = [commits.pending(), commits.pending()];
    commits.committed();
    const waiting = commits.pending();
    for (const pending of [first, beside, waiting]) await assert.rejects(async () => pending, failure);
    await assert.rejects(async () => commits.pending(), failure);
    assert.equal(calls, 1);
  });
});
