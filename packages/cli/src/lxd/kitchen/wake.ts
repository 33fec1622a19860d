/** Brings an instance that is there to where it runs commands: it may stand still since the machine was restarted. */
import { LxdError, NotFoundError } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import type { Context } from './context.ts';

/** Starts or resumes it where it stands still, and waits for its boot. */
export const wake = async ({ lxd, name, config, call }: Context): Promise<void> => {
  const instance = lxd.instance(name);
  const { status } = await instance.get();
  if (status === 'Frozen') await instance.unfreeze({ signal: call.signal });
  else if (status !== 'Running') await instance.start({ signal: call.signal });
  if (status !== 'Running') await call.emit('info', `Started ${name}, which was ${status.toLowerCase()}.`);
  await instance.waitFor.boot({ timeout: config.timeout, signal: call.signal });
};

/** Does work in the instance; once more, after {@link wake}, where it turns out that it stands still. */
export const awake = async <T>(context: Context, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotFoundError && /(^|: )instance not found/i.test(error.text)) throw gone(context, error);
    if (!(error instanceof LxdError && /instance is (not running|frozen)/i.test(error.text))) throw error;
    await wake(context);
    return work();
  }
};

const gone = ({ lxd, name }: Context, cause: Error): BridgeError =>
  new BridgeError('not-found', `There is no instance ${name} at ${lxd.address} any more.`, {
    remedy: 'kitchen destroy forgets it, and kitchen create makes another.',
    cause,
  });
