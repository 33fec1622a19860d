/** The operations of IAM and STS that are there. */
import type { Handlers, iam, sts } from '@oreno/aws-wire';
import type { IamContext } from './context.ts';
import { GetCallerIdentity } from './operations/get-caller-identity.ts';
import { GetSessionToken } from './operations/get-session-token.ts';

export const stsHandlers: Handlers<sts.Operations, IamContext> = { GetCallerIdentity, GetSessionToken };

export const iamHandlers: Handlers<iam.Operations, IamContext> = {};
