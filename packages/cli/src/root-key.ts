/** The root access key: from the environment where it is set there, else from the server's own file. */
import { readRootAccessKey, type RootAccessKey } from '@oreno/iam';
import type { DataDir } from './data-dir.ts';
import { CommandFailure } from './failure.ts';

/** The key that ORENO_ROOT_ACCESS_KEY_ID and ORENO_ROOT_SECRET_ACCESS_KEY give; undefined when neither is set. */
export const rootFromEnvironment = (): RootAccessKey | undefined => {
  const accessKeyId = process.env['ORENO_ROOT_ACCESS_KEY_ID'];
  const secretAccessKey = process.env['ORENO_ROOT_SECRET_ACCESS_KEY'];
  if (!accessKeyId && !secretAccessKey) return undefined;
  if (!accessKeyId || !secretAccessKey) {
    throw new CommandFailure('set both ORENO_ROOT_ACCESS_KEY_ID and ORENO_ROOT_SECRET_ACCESS_KEY, or neither.', 2);
  }
  return { accessKeyId, secretAccessKey };
};

/** The key of the server that keeps its data in this folder. Fails where no server has been started yet. */
export const rootAccessKey = (dataDir: DataDir): RootAccessKey => {
  const key = rootFromEnvironment() ?? readRootAccessKey(dataDir.server);
  if (key === undefined) {
    throw new CommandFailure(`${dataDir.root} has no root access key yet. Start the server first: oreno up --detach`);
  }
  return key;
};
