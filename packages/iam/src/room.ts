/** Opens the iam room: the root key, the sealing key, and what the other rooms ask of it. */
import { defineService, iamModel, stsModel } from '@oreno/aws-wire';
import type { Authorizer, AwsService, CredentialSource, Log, RequestContext } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import { createAuthorizer } from './authorizer.ts';
import type { IamContext } from './context.ts';
import type { RootAccessKey } from './domain/access-key.ts';
import { iamHandlers, stsHandlers } from './handlers.ts';
import { obtainSealingKey } from './records.ts';
import { obtainRootAccessKey } from './root-access-key.ts';
import { createSealer } from './seal.ts';
import type { Sealer } from './seal.ts';
import { createSessions } from './sessions.ts';
import type { Session, SessionRequest } from './sessions.ts';

export interface IamOptions {
  readonly store: Store;
  /** Where the root access key is kept. */
  readonly dataDir: string;
  /** Twelve digits: the account that the root key belongs to. */
  readonly account: string;
  /** The root access key, where it is not to be made and kept in the data folder. */
  readonly root?: RootAccessKey | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

export interface IamRoom {
  readonly services: readonly AwsService[];
  readonly rootAccessKey: RootAccessKey;
  readonly credentials: CredentialSource;
  readonly authorizer: Authorizer;
  /** Temporary credentials of a role. Throws when `roleArn` is not a role's. */
  readonly issueSession: (request: SessionRequest) => Session;
  readonly seal: Sealer['seal'];
  readonly unseal: Sealer['unseal'];
}

export const openIam = async (options: IamOptions): Promise<IamRoom> => {
  const { store, dataDir, account, now, log } = options;
  const rootAccessKey = options.root ?? obtainRootAccessKey(dataDir);
  const sealer = createSealer(await obtainSealingKey(store, now));
  const sessions = createSessions(sealer, rootAccessKey, account, now);
  const bind = (base: RequestContext): IamContext => ({ ...base, sessions });
  log('debug', 'iam is open', { account, rootAccessKeyId: rootAccessKey.accessKeyId });
  return {
    services: [
      defineService({ model: stsModel, handlers: stsHandlers, bind }),
      defineService({ model: iamModel, handlers: iamHandlers, bind }),
    ],
    rootAccessKey,
    credentials: sessions.credentials,
    authorizer: createAuthorizer(),
    issueSession: sessions.issue,
    seal: sealer.seal,
    unseal: sealer.unseal,
  };
};
