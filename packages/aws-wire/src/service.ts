/**
 * Joins a service's model and its handlers into what the dispatcher serves. Types are checked here once; the
 * dispatcher itself works on decoded values whatever the service.
 */
import type { Handlers, OperationsShape } from './handlers.ts';
import type { ServiceModel } from './model.ts';
import type { RequestContext } from './request-context.ts';

/** One call, ready to be authorised and then run. */
export interface PreparedCall {
  readonly resources: readonly string[];
  /** See {@link AuthorizationRequest.policiesOf}. */
  readonly policiesOf?: ((resource: string) => Promise<readonly string[]>) | undefined;
  readonly run: () => Promise<unknown>;
}

export interface AwsService {
  readonly model: ServiceModel;
  /** The names of the operations that have a handler. */
  readonly implemented: ReadonlySet<string>;
  /** `input` was decoded and validated for the operation, which has a handler. */
  prepare(operation: string, input: unknown, base: RequestContext): PreparedCall;
}

export interface ServiceDefinition<Ops extends OperationsShape<Ops>, Context extends RequestContext> {
  readonly model: ServiceModel<Ops>;
  readonly handlers: Handlers<Ops, Context>;
  /** Adds the room's own things (its store, its clock …) to the context of a call. */
  readonly bind: (base: RequestContext) => Context;
  /** The ARNs that a call touches, for the authorizer; `['*']` when left out. Throws nothing. */
  readonly resources?: (operation: keyof Ops & string, input: unknown, context: Context) => readonly string[];
  /** The resource-based policies of a resource, where the service has such. */
  readonly policiesOf?: (
    operation: keyof Ops & string,
    resource: string,
    context: Context,
  ) => Promise<readonly string[]>;
}

type AnyHandler<Context> = (input: unknown, context: Context) => Promise<unknown>;

const everything: readonly string[] = ['*'];

/** A service as the dispatcher serves it. */
export const defineService = <Ops extends OperationsShape<Ops>, Context extends RequestContext>(
  definition: ServiceDefinition<Ops, Context>,
): AwsService => {
  // The table decodes each operation's input to exactly the type its handler takes.
  const handlers = new Map(
    Object.entries(definition.handlers).filter(
      (entry): entry is [string, AnyHandler<Context>] => entry[1] !== undefined,
    ),
  );
  return {
    model: definition.model,
    implemented: new Set(handlers.keys()),
    prepare: (operation, input, base) => {
      const handler = handlers.get(operation);
      if (handler === undefined) throw new Error(`no handler for ${operation}`);
      const context = definition.bind(base);
      const { policiesOf } = definition;
      return {
        policiesOf: policiesOf && ((resource) => policiesOf(operation as keyof Ops & string, resource, context)),
        resources: definition.resources?.(operation as keyof Ops & string, input, context) ?? everything,
        run: () => handler(input, context),
      };
    },
  };
};
