import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder that goes with the test. */
export const temporaryDirectory = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'oreno-store-test-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
