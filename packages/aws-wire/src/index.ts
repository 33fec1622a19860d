/** Being an AWS service: models, protocols, validation, SigV4, errors, ARNs and paging. */
export { formatArn, parseArn } from './arn.ts';
export type { Arn } from './arn.ts';
export { AwsError } from './aws-error.ts';
export { callAws } from './call-aws.ts';
export type { CallOptions } from './call-aws.ts';
export { createDispatcher } from './dispatcher.ts';
export type { AuthenticatedCaller, Dispatcher, DispatcherOptions } from './dispatcher.ts';
export type { Handler, Handlers, OperationsShape } from './handlers.ts';
export type { Log } from './log.ts';
export type { ModelTable, ServiceModel } from './model.ts';
export { cloudwatchModel, ecrModel, ecsModel, iamModel, logsModel, stsModel } from './models.ts';
export type * as cloudwatch from './models/cloudwatch.types.ts';
export type * as ecr from './models/ecr.types.ts';
export type * as ecs from './models/ecs.types.ts';
export type * as iam from './models/iam.types.ts';
export type * as logs from './models/logs.types.ts';
export type * as sts from './models/sts.types.ts';
export { decodeToken, encodeToken } from './paging.ts';
export type {
  AuthorizationRequest,
  Authorizer,
  CredentialProblem,
  CredentialSource,
  FoundCredentials,
} from './ports.ts';
export { isLoopbackHost, reachableHost } from './reachable-host.ts';
export type { CallFacts, Principal, RequestContext } from './request-context.ts';
export { callFactsOf } from './http/signed-message.ts';
export { defineService } from './service.ts';
export type { AwsService, PreparedCall, ServiceDefinition } from './service.ts';
export { presign, sign } from './sigv4/sign.ts';
export type { Credentials, PresignInput, SignInput } from './sigv4/sign.ts';
export { validateTags } from './tags.ts';
export type { AnyTag } from './tags.ts';
