/**
 * Writes shapes as the XML of AWS query answers: a member is an element, lists hold `member` elements unless they
 * are flattened, maps hold `entry` elements with `key` and `value`, times are ISO 8601, blobs base64.
 */
import type { DetailedReference, ModelTable, TableShape } from '../model.ts';
import { compiledPerShape, detailed, present, shapeOf } from '../shapes/table.ts';
import { element, escapeXml } from './xml.ts';

/** Writes a value's content; `name` is the element that flattened lists and maps repeat. */
type Write = (value: unknown, name: string) => string;

const scalars: Readonly<Record<string, (value: unknown) => string>> = {
  // AWS writes a fraction only where there is one.
  timestamp: (value) => new Date(value as number).toISOString().replace('.000Z', 'Z'),
  blob: (value) => Buffer.from(value as Uint8Array).toString('base64'),
};

const memberWriter = (
  table: ModelTable,
  name: string,
  reference: DetailedReference,
  write: () => Write,
): ((value: unknown) => string) => {
  const shape = shapeOf(table, reference.shape);
  const tag = reference.locationName ?? name;
  const flat = reference.flattened === true || shape.flattened === true;
  return flat && (shape.type === 'list' || shape.type === 'map')
    ? (value) => write()(value, tag)
    : (value) => element(tag, write()(value, ''));
};

const structureWriter = (table: ModelTable, shape: TableShape, reach: (name: string) => () => Write): Write => {
  const members = Object.entries(shape.members ?? {}).map(([name, use]) => {
    const reference = detailed(use);
    return [name, memberWriter(table, name, reference, reach(reference.shape))] as const;
  });
  return (value) => {
    const source = value as Readonly<Record<string, unknown>>;
    let text = '';
    for (const [name, write] of members) {
      const member = source[name];
      if (member !== undefined && member !== null) text += write(member);
    }
    return text;
  };
};

const listWriter = (shape: TableShape, reach: (name: string) => () => Write): Write => {
  const reference = present(shape.member);
  const write = reach(reference.shape);
  const tag = reference.locationName ?? 'member';
  return (value, flatName) =>
    (value as readonly unknown[])
      .map((item) => element(flatName === '' ? tag : (reference.locationName ?? flatName), write()(item, '')))
      .join('');
};

const mapWriter = (shape: TableShape, reach: (name: string) => () => Write): Write => {
  const [key, value] = [present(shape.key), present(shape.value)];
  const write = reach(value.shape);
  return (map, flatName) =>
    Object.entries(map as object)
      .map(([name, item]) =>
        element(
          flatName === '' ? 'entry' : flatName,
          element(key.locationName ?? 'key', escapeXml(name)) +
            element(value.locationName ?? 'value', write()(item, '')),
        ),
      )
      .join('');
};

/** Writers of the content of a service's shapes. */
export const xmlWritersOf = (table: ModelTable): ((name: string) => (value: unknown) => string) => {
  const compiled = compiledPerShape<Write>((name, reach) => {
    const shape = shapeOf(table, name);
    if (shape.type === 'structure') return structureWriter(table, shape, reach);
    if (shape.type === 'list') return listWriter(shape, reach);
    if (shape.type === 'map') return mapWriter(shape, reach);
    const scalar = scalars[shape.type];
    return scalar === undefined ? (value) => escapeXml(String(value)) : (value) => scalar(value);
  });
  return (name) => (value) => compiled(name)(value, '');
};
