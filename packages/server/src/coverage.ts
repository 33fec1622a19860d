/** Which operations of which service are there, told by the handlers themselves: nobody keeps a list by hand. */
import { cloudwatchModel, ecrModel, ecsModel, iamModel, logsModel, stsModel, type ModelTable } from '@oreno/aws-wire';
import { handlers as cloudwatch } from '@oreno/cloudwatch';
import { handlers as ecr } from '@oreno/ecr';
import { handlers as ecs } from '@oreno/ecs';
import { iamHandlers as iam, stsHandlers as sts } from '@oreno/iam';
import { handlers as logs } from '@oreno/logs';

export interface ServiceCoverage {
  readonly service: string;
  /** Operations with a handler, sorted. */
  readonly there: readonly string[];
  /** The others of the model; they answer the service's own unsupported error. */
  readonly missing: readonly string[];
}

/** Every service's operations against its model. */
export const coverage = (): readonly ServiceCoverage[] => [
  measure('ecs', ecsModel.table, ecs),
  measure('ecr', ecrModel.table, ecr),
  measure('logs', logsModel.table, logs),
  measure('cloudwatch', cloudwatchModel.table, cloudwatch),
  measure('iam', iamModel.table, iam),
  measure('sts', stsModel.table, sts),
];

const measure = (service: string, table: ModelTable, handlers: object): ServiceCoverage => {
  const operations = Object.keys(table.operations).toSorted();
  const there = new Set(Object.entries(handlers).flatMap(([name, handler]) => (handler === undefined ? [] : [name])));
  return {
    service,
    there: operations.filter((name) => there.has(name)),
    missing: operations.filter((name) => !there.has(name)),
  };
};
