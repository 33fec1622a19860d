/** What all ACS sessions of a server share. */
import type { Log } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import type { CredentialDesk } from '../credential-desk.ts';
import type { DefinitionReader } from '../definitions.ts';
import type { RegistryNames } from '../payload/image.ts';

export interface AcsServices {
  readonly store: Store;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
  /** A fresh message or session id. */
  readonly newId: () => string;
  readonly definitions: DefinitionReader;
  readonly credentials: CredentialDesk;
  readonly registries: RegistryNames;
  /** Where dockerd on the instances reaches CloudWatch Logs; each instance's own origin when undefined. */
  readonly logsOrigin: string | undefined;
}
