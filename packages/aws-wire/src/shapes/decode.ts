/**
 * Turns what a JSON or CBOR parser gave into a shape's value: types checked as AWS's JSON front ends do
 * (nothing is coerced), null members absent, unknown members dropped, scalars of the format converted. Compiled
 * once per shape. What does not fit throws `SerializationException`; constraints are constraints.ts's business.
 */
import { AwsError } from '../aws-error.ts';
import type { ModelTable, TableShape } from '../model.ts';
import { compiledPerShape, detailed, present, shapeOf } from './table.ts';

export type Decode = (value: unknown, depth: number) => unknown;

/** How one format holds the scalars that JavaScript lacks. Undefined means: not of this type. */
export interface InputFormat {
  readonly timestamp: (value: unknown, shape: TableShape) => number | undefined;
  readonly blob: (value: unknown) => Uint8Array | undefined;
}

/** Deeper input is refused: only recursive shapes can get there. */
const deepest = 64;

const kindOf = (value: unknown): string => {
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
};

const serializationError = (message: string): AwsError => new AwsError('SerializationException', message);

const misfit = (value: unknown, wanted: string): AwsError => {
  if (Array.isArray(value)) return serializationError('Start of list found where not expected');
  if (typeof value === 'object') return serializationError('Start of structure or map found where not expected.');
  if (wanted === 'list') return serializationError('Expected list or null');
  if (wanted === 'structure') return serializationError('Expected structure or null');
  return serializationError(`${kindOf(value)} can not be converted to ${wanted}`);
};

const integerWithin = (wanted: string, lowest: number, highest: number): Decode => {
  return (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || Number.isNaN(number)) throw misfit(value, wanted);
    if (number < lowest || number > highest) {
      throw serializationError(`Numeric value (${number}) out of range of ${wanted.slice(wanted.indexOf(' ') + 1)}`);
    }
    return Math.trunc(number);
  };
};

const namedDoubles: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };

const double: Decode = (value) => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  const named = typeof value === 'string' ? namedDoubles[value] : undefined;
  if (named === undefined) throw misfit(value, 'a Double');
  return named;
};

const string: Decode = (value) => {
  if (typeof value !== 'string') throw misfit(value, 'a String');
  return value;
};

const boolean: Decode = (value) => {
  if (typeof value !== 'boolean') throw misfit(value, 'a Boolean');
  return value;
};

const long = integerWithin('a Long', -(2 ** 63), 2 ** 63);

const scalars: Readonly<Record<string, Decode>> = {
  string,
  character: string,
  boolean,
  integer: integerWithin('an Integer', -(2 ** 31), 2 ** 31 - 1),
  long,
  float: double,
  double,
  document: (value) => value,
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !ArrayBuffer.isView(value);

const tooDeep = (): AwsError => serializationError(`The input is nested deeper than ${deepest} levels.`);

const structureDecoder = (shape: TableShape, reach: (name: string) => () => Decode): Decode => {
  const members = Object.entries(shape.members ?? {}).map(
    ([name, reference]) => [name, reach(detailed(reference).shape)] as const,
  );
  return (value, depth) => {
    if (!isObject(value)) throw misfit(value, 'structure');
    if (depth > deepest) throw tooDeep();
    const result: Record<string, unknown> = {};
    for (const [name, decoder] of members) {
      const member = value[name];
      if (member !== undefined && member !== null) result[name] = decoder()(member, depth + 1);
    }
    return result;
  };
};

const listDecoder = (member: () => Decode): Decode => {
  return (value, depth) => {
    if (!Array.isArray(value)) throw misfit(value, 'list');
    if (depth > deepest) throw tooDeep();
    const decode = member();
    // AWS's front ends drop nulls from lists that are not sparse, and no list of these services is.
    return (value as readonly unknown[])
      .filter((item) => item !== null && item !== undefined)
      .map((item) => decode(item, depth + 1));
  };
};

const mapDecoder = (member: () => Decode): Decode => {
  return (value, depth) => {
    if (!isObject(value)) throw misfit(value, 'structure');
    if (depth > deepest) throw tooDeep();
    const decode = member();
    // fromEntries defines properties, so that a key called __proto__ is a key like any other.
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== null && item !== undefined)
        .map(([key, item]) => [key, decode(item, depth + 1)]),
    );
  };
};

/** The decoders of a service's shapes for one format. */
export const decodersOf = (table: ModelTable, format: InputFormat): ((name: string) => Decode) => {
  const timestamp =
    (shape: TableShape): Decode =>
    (value) => {
      const time = format.timestamp(value, shape);
      if (time === undefined) throw misfit(value, 'a Timestamp');
      return time;
    };
  const blob: Decode = (value) => {
    const bytes = format.blob(value);
    if (bytes === undefined) throw misfit(value, 'a ByteBuffer');
    return bytes;
  };
  return compiledPerShape((name, reach) => {
    const shape = shapeOf(table, name);
    if (shape.type === 'structure') return structureDecoder(shape, reach);
    if (shape.type === 'list') return listDecoder(reach(present(shape.member).shape));
    if (shape.type === 'map') return mapDecoder(reach(present(shape.value).shape));
    if (shape.type === 'timestamp') return timestamp(shape);
    if (shape.type === 'blob') return blob;
    return scalars[shape.type] ?? string;
  });
};
