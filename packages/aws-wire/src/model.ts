/**
 * The tables that tools/modelgen writes, one per service, and how they are loaded. A table holds facts of the
 * service model only and is never changed; it is read and parsed at its first use, so that a process that
 * never talks to a service does not pay for it.
 */
import { readFileSync } from 'node:fs';
import type { OperationsShape } from './handlers.ts';

/** A use of a shape: its name alone, or with what the model says about this use. */
export type TableReference = string | DetailedReference;

export interface DetailedReference {
  readonly shape: string;
  readonly locationName?: string;
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly idempotencyToken?: boolean;
  readonly hostLabel?: boolean;
  readonly eventpayload?: boolean;
  readonly timestampFormat?: string;
}

export type ShapeType =
  | 'structure'
  | 'list'
  | 'map'
  | 'string'
  | 'character'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'boolean'
  | 'timestamp'
  | 'blob'
  | 'document';

export interface TableShape {
  readonly type: ShapeType;
  readonly members?: Readonly<Record<string, TableReference>>;
  readonly member?: TableReference;
  readonly key?: TableReference;
  readonly value?: TableReference;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly timestampFormat?: string;
  readonly flattened?: boolean;
  readonly locationName?: string;
  readonly sensitive?: boolean;
  readonly streaming?: boolean;
  readonly eventstream?: boolean;
  readonly event?: boolean;
  readonly union?: boolean;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean };
}

export interface TableOperation {
  readonly input?: string;
  readonly output?: string;
  /** The element around the result in an AWS query answer. */
  readonly resultWrapper?: string;
  readonly errors: readonly string[];
  readonly hostPrefix?: string;
  /** True for the few operations that are called without a signature. */
  readonly unsigned?: boolean;
}

export interface ModelTable {
  /** botocore's name of the service. */
  readonly service: string;
  readonly serviceId: string;
  readonly apiVersion: string;
  /** The service name in the SigV4 credential scope. */
  readonly signingName: string;
  readonly protocols: readonly ('json' | 'query' | 'smithy-rpc-v2-cbor')[];
  readonly jsonVersion?: string;
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  /** Errors carry their AWS query code in the header `x-amzn-query-error`. */
  readonly queryCompatible?: boolean;
  readonly operations: Readonly<Record<string, TableOperation>>;
  readonly shapes: Readonly<Record<string, TableShape>>;
}

/** A service's model. `Ops` carries the generated operations' types; it has no value at run time. */
export interface ServiceModel<Ops extends OperationsShape<Ops> = Record<string, { input: unknown; output: unknown }>> {
  readonly name: string;
  /** The table, read from disk at the first use. */
  readonly table: ModelTable;
  readonly operations?: Ops;
}

/** The model whose table is `models/<name>.json` beside this module. */
export const loadedModel = <Ops extends OperationsShape<Ops>>(name: string): ServiceModel<Ops> => {
  let table: ModelTable | undefined;
  return Object.freeze({
    name,
    get table(): ModelTable {
      table ??= JSON.parse(readFileSync(new URL(`./models/${name}.json`, import.meta.url), 'utf8')) as ModelTable;
      return table;
    },
  });
};
