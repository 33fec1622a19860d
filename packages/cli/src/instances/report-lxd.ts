import { LxdError } from '@oreno/lxd';
import { CommandFailure } from '../failure.ts';

/** Runs a command on LXD; what LXD tells of a failure is the command's own, without a stack. */
export const reportLxd = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LxdError) throw new CommandFailure(error.message);
    throw error;
  }
};
