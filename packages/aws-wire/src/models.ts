/** The service models that oreno has tables of, each tied to its generated operation types. */
import { loadedModel } from './model.ts';
import type { Operations as CloudWatchOperations } from './models/cloudwatch.types.ts';
import type { Operations as EcrOperations } from './models/ecr.types.ts';
import type { Operations as EcsOperations } from './models/ecs.types.ts';
import type { Operations as IamOperations } from './models/iam.types.ts';
import type { Operations as LogsOperations } from './models/logs.types.ts';
import type { Operations as StsOperations } from './models/sts.types.ts';

export const ecsModel = loadedModel<EcsOperations>('ecs');
export const ecrModel = loadedModel<EcrOperations>('ecr');
export const logsModel = loadedModel<LogsOperations>('logs');
export const cloudwatchModel = loadedModel<CloudWatchOperations>('cloudwatch');
export const iamModel = loadedModel<IamOperations>('iam');
export const stsModel = loadedModel<StsOperations>('sts');
