import type { RequestContext } from './request-context.ts';

/** The shape of a generated `Operations` interface: each operation's input and output. */
export type OperationsShape<T> = { readonly [Name in keyof T]: { readonly input: unknown; readonly output: unknown } };

/**
 * One operation's implementation. `input` was decoded and validated against the service model; the
 * returned output is encoded by the protocol the client speaks. Throws {@link AwsError} for modelled errors.
 */
export type Handler<
  Ops extends OperationsShape<Ops>,
  Name extends keyof Ops,
  Context extends RequestContext = RequestContext,
> = (input: Ops[Name]['input'], context: Context) => Promise<Ops[Name]['output']>;

/** The operations a service answers. One that is missing answers the service's "unsupported" error. */
export type Handlers<Ops extends OperationsShape<Ops>, Context extends RequestContext = RequestContext> = {
  readonly [Name in keyof Ops]?: Handler<Ops, Name, Context>;
};
