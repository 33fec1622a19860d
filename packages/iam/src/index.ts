/** IAM and STS: principals, keys, sessions, policy evaluation. */
export type { RootAccessKey } from './domain/access-key.ts';
export type { ManagedPolicyName } from './domain/managed-policies.ts';
export { iamHandlers, stsHandlers } from './handlers.ts';
export { openIam } from './room.ts';
export type { IamOptions, IamRoom } from './room.ts';
export { readRootAccessKey } from './root-access-key.ts';
export type { Session, SessionRequest } from './sessions.ts';
