/**
 * Reads shapes from the parameters of AWS query requests: `MetricData.member.1.Dimensions.member.2.Name=…`. The
 * names are first put into a tree, which shapes then walk; every value is text and is converted to its type.
 */
import { AwsError } from '../aws-error.ts';
import type { ModelTable, TableShape } from '../model.ts';
import { compiledPerShape, detailed, present, shapeOf } from '../shapes/table.ts';
import { blobFromText, timestampFromText } from './json-scalars.ts';

/** A parameter's value and what is named below it. */
export interface QueryNode {
  readonly text?: string | undefined;
  readonly below: ReadonlyMap<string, QueryNode>;
}

interface GrowingNode {
  text?: string | undefined;
  readonly below: Map<string, GrowingNode>;
}

const deepest = 32;
const malformed = (message: string): AwsError => new AwsError('SerializationException', message);

/** The tree of the parameters; of two with one name the first counts. Throws when a name is nested absurdly deep. */
export const queryTree = (pairs: Iterable<readonly [string, string]>): QueryNode => {
  const root: GrowingNode = { below: new Map() };
  for (const [name, text] of pairs) {
    const steps = name.split('.', deepest + 1);
    if (steps.length > deepest) throw malformed(`The parameter ${name.slice(0, 128)} is nested too deep.`);
    let node = root;
    for (const step of steps) {
      const next: GrowingNode = node.below.get(step) ?? { below: new Map() };
      node.below.set(step, next);
      node = next;
    }
    node.text ??= text;
  }
  return root;
};

/** Reads a value; undefined when nothing is there. `path` is for messages. */
type Read = (node: QueryNode, path: string) => unknown;

const scalar =
  (wanted: string, convert: (text: string) => unknown): Read =>
  (node, path) => {
    if (node.text === undefined) throw malformed(`${path} must be ${wanted}`);
    const value = convert(node.text);
    if (value === undefined) throw malformed(`${path} must be ${wanted}`);
    return value;
  };

const integer = (text: string): number | undefined => {
  const value = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : undefined;
  return value;
};

const named: Readonly<Record<string, number | undefined>> = { NaN, Infinity, '-Infinity': -Infinity };
const double = (text: string): number | undefined =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : named[text];

const booleans: Readonly<Record<string, boolean | undefined>> = { true: true, false: false };

const asText = scalar('a string', (text) => text);
const asInteger = scalar('an integer', integer);
const asDouble = scalar('a number', double);

const scalars: Readonly<Record<string, Read>> = {
  integer: asInteger,
  long: asInteger,
  float: asDouble,
  double: asDouble,
  boolean: scalar('true or false', (text) => booleans[text.toLowerCase()]),
  timestamp: scalar('a timestamp that follows ISO8601', timestampFromText),
  blob: scalar('base64', blobFromText),
};

/** The numbered children in their order: `member.1`, `member.2`, …; gaps are allowed. */
const numbered = (node: QueryNode): readonly (readonly [number, QueryNode])[] =>
  [...node.below]
    .filter(([name]) => /^\d{1,9}$/.test(name))
    .map(([name, child]) => [Number(name), child] as const)
    .toSorted(([a], [b]) => a - b);

const structureReader = (table: ModelTable, shape: TableShape, reach: (name: string) => () => Read): Read => {
  const members = Object.entries(shape.members ?? {}).map(([name, use]) => {
    const reference = detailed(use);
    return { name, tag: reference.locationName ?? name, read: reach(reference.shape) };
  });
  return (node, path) => {
    const result: Record<string, unknown> = {};
    for (const { name, tag, read } of members) {
      const child = node.below.get(tag);
      if (child !== undefined) result[name] = read()(child, path === '' ? tag : `${path}.${tag}`);
    }
    return result;
  };
};

/** Both the plain form (`Names.member.1`) and the flattened one (`Names.1`) are understood for every list. */
const listReader = (shape: TableShape, reach: (name: string) => () => Read): Read => {
  const reference = present(shape.member);
  const read = reach(reference.shape);
  const tag = reference.locationName ?? 'member';
  return (node, path) => {
    const items = node.below.get(tag) ?? node.below.get('member') ?? node;
    return numbered(items).map(([number, child]) => read()(child, `${path}.${tag}.${number}`));
  };
};

const mapReader = (shape: TableShape, reach: (name: string) => () => Read): Read => {
  const [key, value] = [present(shape.key), present(shape.value)];
  const read = reach(value.shape);
  return (node, path) => {
    const entries = node.below.get('entry') ?? node;
    return Object.fromEntries(
      numbered(entries).map(([number, child]) => {
        const name = child.below.get(key.locationName ?? 'key')?.text;
        const item = child.below.get(value.locationName ?? 'value');
        if (name === undefined || item === undefined)
          throw malformed(`${path}.entry.${number} must have a key and a value`);
        return [name, read()(item, `${path}.entry.${number}.value`)];
      }),
    );
  };
};

/** Readers of a service's shapes. */
export const queryReadersOf = (table: ModelTable): ((name: string) => (node: QueryNode) => unknown) => {
  const compiled = compiledPerShape<Read>((name, reach) => {
    const shape = shapeOf(table, name);
    if (shape.type === 'structure') return structureReader(table, shape, reach);
    if (shape.type === 'list') return listReader(shape, reach);
    if (shape.type === 'map') return mapReader(shape, reach);
    return scalars[shape.type] ?? asText;
  });
  return (name) => (node) => compiled(name)(node, '');
};
