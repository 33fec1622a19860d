/** Why a server did not start, for whoever started it: the address, the folder or its disk, never the program. */
import { StoreError } from '@oreno/store';

export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** A failure of the store as the reason it is; anything else as it came. */
export const startFailure = (error: unknown): unknown =>
  error instanceof StoreError && ['held', 'full', 'io', 'corrupt', 'busy'].includes(error.kind)
    ? new CannotStart(error.message, { cause: error })
    : error;
