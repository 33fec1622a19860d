/**
 * Reads what LXD and Incus say of their API: the definitions of `doc/rest-api.yaml`, and from the Go sources beside it
 * (`shared/api/*.go`) which members an answer leaves out when they are empty and which may be null, both of which the
 * description does not tell.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
}

export interface Description {
  readonly definitions: Readonly<Record<string, Schema>>;
  /** `Struct.member` of those that are left out when they are empty. */
  readonly omitted: ReadonlySet<string>;
  /** `Struct.member` of those that point somewhere, or nowhere. */
  readonly nullable: ReadonlySet<string>;
}

const struct = /^type (\w+) struct \{\n([\s\S]*?)^\}/gm;
const member = /^\s+\w+\s+(\S+)\s+`[^`]*json:"(\w+)(,omitempty)?/gm;
const embedded = /^\s+(\w+)(?:\s+`[^`]*inline[^`]*`)?$/gm;

/** `folder` is a source tree of LXD or Incus. */
export const readDescription = (folder: string): Description => {
  const yaml = parse(readFileSync(join(folder, 'doc/rest-api.yaml'), 'utf8')) as Pick<Description, 'definitions'>;
  const sources = readdirSync(join(folder, 'shared/api'))
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => readFileSync(join(folder, 'shared/api', name), 'utf8'));
  const bodies = new Map(
    sources.flatMap((text) => [...text.matchAll(struct)].map((found) => [found[1] ?? '', found[2] ?? ''] as const)),
  );
  const omitted = new Set<string>();
  const nullable = new Set<string>();
  const mark = (name: string, body: string): void => {
    for (const [, type = '', json = '', omit] of body.matchAll(member)) {
      if (omit !== undefined) omitted.add(`${name}.${json}`);
      if (type.startsWith('*')) nullable.add(`${name}.${json}`);
    }
    for (const [, inner = ''] of body.matchAll(embedded)) mark(name, bodies.get(inner) ?? '');
  };
  for (const [name, body] of bodies) mark(name, body);
  return { definitions: yaml.definitions, omitted, nullable };
};
