/**
 * A wire protocol: how a call's input is read from a body and how an output or an error is written. Compiled for
 * one service; knows nothing of HTTP but the headers it sets.
 */
import type { AwsError } from '../aws-error.ts';
import { commonErrors } from '../common-errors.ts';
import type { ModelTable, TableShape } from '../model.ts';

/** A complete answer, ready to be sent. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface Protocol {
  readonly name: 'json' | 'query' | 'query-json' | 'cbor';
  /** Reads an operation's input; throws {@link AwsError} SerializationException when the body is not of its type. */
  readonly readInput: (operation: string, body: Buffer, query: string) => unknown;
  readonly writeOutput: (operation: string, output: unknown, requestId: string) => Answer;
  readonly writeError: (error: AwsError, requestId: string) => Answer;
}

/** What a client is told of an error, besides its own members. */
export interface ErrorFacts {
  /** The shape's name: the code of the JSON protocols. */
  readonly name: string;
  readonly queryCode: string;
  readonly status: number;
  readonly queryStatus: number;
  /** Whose fault it is, in the words of the query protocol. */
  readonly type: 'Sender' | 'Receiver';
  readonly shape: TableShape | undefined;
}

/** The facts of an error code: the name of a shape or of a common error, or the query code of either. */
export const errorFactsOf = (table: ModelTable): ((code: string) => ErrorFacts) => {
  const shapes = Object.entries(table.shapes).filter(([, shape]) => shape.exception === true);
  const byCode = new Map(
    shapes.flatMap(([name, shape]) => (shape.error?.code === undefined ? [] : [[shape.error.code, name]])),
  );
  const commonByCode = new Map(Object.entries(commonErrors).map(([name, common]) => [common?.queryCode, name]));
  return (code) => {
    const modelled = byCode.get(code) ?? code;
    const shape = table.shapes[modelled]?.exception === true ? table.shapes[modelled] : undefined;
    const name = shape === undefined ? (commonByCode.get(code) ?? code) : modelled;
    const common = shape === undefined ? commonErrors[name] : undefined;
    const status = shape?.error?.httpStatusCode ?? common?.status ?? (shape?.fault === true ? 500 : 400);
    return {
      name,
      queryCode: shape?.error?.code ?? common?.queryCode ?? name,
      status,
      queryStatus: common?.queryStatus ?? status,
      type: status >= 500 ? 'Receiver' : 'Sender',
      shape,
    };
  };
};

/** The header that tells clients of a service that once spoke the query protocol its error code. */
export const queryErrorHeader = (table: ModelTable, facts: ErrorFacts): Readonly<Record<string, string>> =>
  table.queryCompatible === true ? { 'x-amzn-query-error': `${facts.queryCode};${facts.type}` } : {};

/** What a modelled error says: its message under the name that its shape has for it, and its members. */
export const errorMembers = (error: AwsError, facts: ErrorFacts): Readonly<Record<string, unknown>> => {
  const messageName =
    Object.keys(facts.shape?.members ?? {}).find((name) => name.toLowerCase() === 'message') ?? 'message';
  return { ...error.members, [messageName]: error.message };
};
