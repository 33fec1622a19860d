/** `oreno lxd delete`: instances, stopped ones alone unless forced. */
import { CommandFailure } from '../../failure.ts';
import { removeInstance } from '../../lxd/launch.ts';
import { withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';

export const deleteInstances = (
  names: readonly string[],
  options: Target & { readonly force: boolean },
): Promise<void> =>
  withLxd(options, async (lxd) => {
    for (const name of names) {
      const { status } = await lxd.instance(name).get();
      if (!options.force && status !== 'Stopped') {
        throw new CommandFailure(
          `${name} is ${status.toLowerCase()}. Stop it first, or delete it as it is with --force.`,
        );
      }
    }
    for (const name of names) await removeInstance(lxd, name);
  });
