import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

/** Notes on a bridge whose it is, for `test/clean` to find where the tests were interrupted. */
export const markBridge = async (bridge: string): Promise<void> => {
  await promisify(execFile)('ip', ['link', 'set', bridge, 'alias', tmpdir()]);
};
