import type { RunProgram } from './run-program.ts';
import { METADATA_ADDRESS } from './rule-set.ts';

/**
 * A machine without a default route (a ship, a laptop in flight mode) cannot even begin to connect to
 * 169.254.170.2, and no rule of the firewall sees the attempt. There the address is put on the loopback interface,
 * which is enough for the rules to take over. Containers need none of it: their bridge is their route.
 */
export interface MetadataRoute {
  /** Makes the address reachable from this machine. Rejects with what `ip` says. */
  readonly ensure: () => Promise<void>;
  /** Takes the address away if this process put it there. */
  readonly remove: () => Promise<void>;
}

/** Looks and acts with `ip`. */
export const createMetadataRoute = (run: RunProgram): MetadataRoute => {
  let added = false;
  const address = ['dev', 'lo'];
  return {
    ensure: async () => {
      const routed = await run('ip', ['-4', 'route', 'get', METADATA_ADDRESS]).then(
        () => true,
        () => false,
      );
      if (routed) return;
      await run('ip', ['address', 'add', `${METADATA_ADDRESS}/32`, ...address]);
      added = true;
    },
    remove: async () => {
      if (!added) return;
      added = false;
      await run('ip', ['address', 'delete', `${METADATA_ADDRESS}/32`, ...address]);
    },
  };
};
