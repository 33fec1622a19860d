/** Being an AWS service: models, protocols, validation, SigV4, errors, ARNs and paging. */
export { AwsError } from './aws-error.ts';
export type { Handler, Handlers, OperationsShape } from './handlers.ts';
export type { ModelTable, ServiceModel } from './model.ts';
export { cloudwatchModel, ecrModel, ecsModel, iamModel, logsModel, stsModel } from './models.ts';
export type * as cloudwatch from './models/cloudwatch.types.ts';
export type * as ecr from './models/ecr.types.ts';
export type * as ecs from './models/ecs.types.ts';
export type * as iam from './models/iam.types.ts';
export type * as logs from './models/logs.types.ts';
export type * as sts from './models/sts.types.ts';
export type { Principal, RequestContext } from './request-context.ts';
