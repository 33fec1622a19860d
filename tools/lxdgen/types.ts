/**
 * Writes the TypeScript types of two descriptions that share most of their definitions: what both servers answer is
 * there, what only one of them does is optional. Facts only, no documentation text.
 */
import type { Description, Schema } from './source.ts';

/** What a client sends: a server takes any part of it. */
const request = /(Post|Put|Source|Target)$/;

/** Maps and lists that servers answer as null where they are empty: the description does not tell. */
const nullWhenEmpty = new Set([
  'InstanceState.network',
  'InstanceState.disk',
  'Operation.metadata',
  'Operation.resources',
]);

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'number',
  number: 'number',
};

/** Definitions that are no structures: names for numbers and texts. */
const aliasOf = ({ type = '', properties }: Schema): string | undefined => (properties ? undefined : scalars[type]);

const bracketed = (type: string): string => (type.includes(' ') ? `(${type})` : type);

const typeOf = (schema: Schema): string => {
  const { $ref, type = '', items, additionalProperties } = schema.allOf?.[0] ?? schema;
  if ($ref !== undefined) return $ref.split('/').at(-1) ?? 'unknown';
  if (items !== undefined) return `readonly ${bracketed(typeOf(items))}[]`;
  if (additionalProperties !== undefined) return `{ readonly [name: string]: ${typeOf(additionalProperties)} }`;
  return scalars[type] ?? (type === 'object' ? '{ readonly [name: string]: unknown }' : 'unknown');
};

/** Every description that has the member agrees on its type; the first one's is taken. */
const memberText = (structure: string, name: string, descriptions: readonly Description[]): string => {
  const having = descriptions.filter(({ definitions }) => definitions[structure]?.properties?.[name] !== undefined);
  const knowing = descriptions.filter(({ definitions }) => definitions[structure] !== undefined);
  const key = `${structure}.${name}`;
  const schema = having[0]?.definitions[structure]?.properties?.[name] ?? {};
  const isOptional =
    request.test(structure) || having.length < knowing.length || having.some(({ omitted }) => omitted.has(key));
  const isNullable = nullWhenEmpty.has(key) || having.some(({ nullable }) => nullable.has(key));
  const written = /^\w+$/.test(name) ? name : `'${name}'`;
  return `  readonly ${written}${isOptional ? '?' : ''}: ${typeOf(schema)}${isNullable ? ' | null' : ''};`;
};

const definitionText = (name: string, descriptions: readonly Description[]): string => {
  const found = descriptions.flatMap(({ definitions }) => definitions[name] ?? []);
  const alias = aliasOf(found[0] ?? {});
  if (alias !== undefined) return `export type ${name} = ${alias};`;
  const members = [...new Set(found.flatMap(({ properties = {} }) => Object.keys(properties)))];
  return `export interface ${name} {\n${members.map((each) => memberText(name, each, descriptions)).join('\n')}\n}`;
};

/** The text of the whole file. */
export const typesText = (heading: string, descriptions: readonly Description[]): string => {
  const names = [...new Set(descriptions.flatMap(({ definitions }) => Object.keys(definitions)))].toSorted();
  return `${[heading, ...names.map((name) => definitionText(name, descriptions))].join('\n\n')}\n`;
};
