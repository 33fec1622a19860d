import { LxdError } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';
import { messageOf } from '../lxd/remedies.ts';

/** Runs a command on LXD; what LXD tells of a failure is the command's own, without a stack. */
export const reportLxd = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LxdError) throw new CommandFailure(messageOf(error));
    throw error;
  }
};
