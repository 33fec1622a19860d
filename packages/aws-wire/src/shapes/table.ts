/** Small questions to a model table that every compiler asks. */
import type { DetailedReference, ModelTable, TableReference, TableShape } from '../model.ts';

/** A reference with its details; most are a bare name in the table. */
export const detailed = (reference: TableReference): DetailedReference =>
  typeof reference === 'string' ? { shape: reference } : reference;

/** The shape of a name. Throws when the table is broken. */
export const shapeOf = (table: ModelTable, name: string): TableShape => {
  const shape = table.shapes[name];
  if (shape === undefined) throw new Error(`the ${table.service} model has no shape ${name}`);
  return shape;
};

/** A reference that the table must have: a list's member, a map's key. */
export const present = (reference: TableReference | undefined): DetailedReference => {
  if (reference === undefined) throw new Error('a list or map without its member shape');
  return detailed(reference);
};

/**
 * Compiles one function per shape, once, recursive shapes included: `compile` is given how to reach the function
 * of another shape, and must call it only when it runs.
 */
export const compiledPerShape = <Compiled>(
  compile: (name: string, reach: (name: string) => () => Compiled) => Compiled,
): ((name: string) => Compiled) => {
  const done = new Map<string, Compiled>();
  const get = (name: string): Compiled => {
    const found = done.get(name);
    if (found !== undefined) return found;
    const compiled = compile(name, reach);
    done.set(name, compiled);
    return compiled;
  };
  const reach = (name: string): (() => Compiled) => {
    let found: Compiled | undefined;
    return () => (found ??= get(name));
  };
  return get;
};
