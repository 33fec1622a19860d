/**
 * Turns a shape's value into what a JSON or CBOR writer takes: only members that the model has, absent ones left
 * out, scalars in the format's form. Compiled once per shape; a handler's typed output needs no checks.
 */
import type { ModelTable, TableShape } from '../model.ts';
import { compiledPerShape, detailed, present, shapeOf } from './table.ts';

export type Encode = (value: unknown) => unknown;

/** How one format writes the scalars that JavaScript lacks. */
export interface OutputFormat {
  readonly timestamp: (milliseconds: number, shape: TableShape) => unknown;
  readonly blob: (bytes: Uint8Array) => unknown;
  readonly double: (value: number) => unknown;
  readonly long: (value: number) => unknown;
}

const asIs: Encode = (value) => value;

const structureEncoder = (shape: TableShape, reach: (name: string) => () => Encode): Encode => {
  const members = Object.entries(shape.members ?? {}).map(
    ([name, reference]) => [name, reach(detailed(reference).shape)] as const,
  );
  return (value) => {
    const source = value as Readonly<Record<string, unknown>>;
    const result: Record<string, unknown> = {};
    for (const [name, encoder] of members) {
      const member = source[name];
      if (member !== undefined && member !== null) result[name] = encoder()(member);
    }
    return result;
  };
};

const listEncoder =
  (member: () => Encode): Encode =>
  (value) => {
    const encode = member();
    return encode === asIs ? value : (value as readonly unknown[]).map((item) => encode(item));
  };

const mapEncoder =
  (member: () => Encode): Encode =>
  (value) => {
    const encode = member();
    if (encode === asIs) return value;
    return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, encode(item)]));
  };

/** The encoders of a service's shapes for one format. */
export const encodersOf = (table: ModelTable, format: OutputFormat): ((name: string) => Encode) =>
  compiledPerShape((name, reach) => {
    const shape = shapeOf(table, name);
    if (shape.type === 'structure') return structureEncoder(shape, reach);
    if (shape.type === 'list') return listEncoder(reach(present(shape.member).shape));
    if (shape.type === 'map') return mapEncoder(reach(present(shape.value).shape));
    if (shape.type === 'timestamp') return (value) => format.timestamp(value as number, shape);
    if (shape.type === 'blob') return (value) => format.blob(value as Uint8Array);
    if (shape.type === 'double' || shape.type === 'float') return (value) => format.double(value as number);
    if (shape.type === 'long') return (value) => format.long(value as number);
    return asIs;
  });
