/** A service with everything compiled from its table that calls need: made at the first call to it. */
import type { AwsError } from './aws-error.ts';
import { dialectOf } from './dialects.ts';
import type { Dialect } from './dialects.ts';
import type { ModelTable } from './model.ts';
import { cborProtocol } from './protocols/cbor.ts';
import { eventStreamOf } from './protocols/event-stream.ts';
import type { EventStreamWriter } from './protocols/event-stream.ts';
import { jsonProtocol } from './protocols/json.ts';
import type { Protocol } from './protocols/protocol.ts';
import { queryJsonProtocol } from './protocols/query-json.ts';
import { queryProtocol } from './protocols/query.ts';
import type { AwsService } from './service.ts';
import { constraintsOf } from './shapes/constraints.ts';

export type Protocols = { readonly [Name in Protocol['name']]: Protocol };

/** The protocols over one table. */
export const protocolsOf = (table: ModelTable): Protocols => ({
  json: jsonProtocol(table),
  query: queryProtocol(table),
  'query-json': queryJsonProtocol(table),
  cbor: cborProtocol(table),
});

export interface CompiledService {
  readonly service: AwsService;
  readonly table: ModelTable;
  readonly dialect: Dialect;
  readonly protocols: Protocols;
  /** What is wrong with a decoded input, in the service's words; undefined when nothing is. */
  readonly problem: (operation: string, input: unknown) => AwsError | undefined;
  /** How the operation's output is streamed, when it is. */
  readonly eventStream: (operation: string) => EventStreamWriter | undefined;
}

export const compileService = (service: AwsService): CompiledService => {
  const { table } = service.model;
  const dialect = dialectOf(table.service);
  const violations = constraintsOf(table, dialect.patterns);
  const streams = new Map<string, EventStreamWriter | undefined>();
  return {
    service,
    table,
    dialect,
    protocols: protocolsOf(table),
    problem: (operation, input) => {
      const shape = table.operations[operation]?.input;
      const found = shape === undefined ? [] : violations(shape, input);
      return found.length === 0 ? undefined : dialect.invalid(operation, found);
    },
    eventStream: (operation) => {
      if (!streams.has(operation)) streams.set(operation, eventStreamOf(table, operation));
      return streams.get(operation);
    },
  };
};
