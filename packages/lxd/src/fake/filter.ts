/**
 * The filters of lists (LXD documentation, "REST API: Filtering"): `status eq Running and config.user.team eq blue`.
 * `eq` and `ne`, joined by `and` and `or` from the left to the right; anything else is refused, not ignored.
 */
import { FakeFailure, type Fields } from './reply.ts';

interface Clause {
  readonly join: 'and' | 'or';
  readonly field: string;
  readonly isWanted: boolean;
  readonly value: string;
}

const words = /"[^"]*"|\S+/g;

const clausesOf = (text: string): readonly Clause[] => {
  const parts = text.match(words) ?? [];
  const clauses: Clause[] = [];
  for (let at = 0; at < parts.length; at += 4) {
    const join = at === 0 ? 'and' : (parts[at - 1] ?? '').toLowerCase();
    const [field, operator = '', value] = parts.slice(at, at + 3);
    const isKnown = /^(and|or)$/.test(join) && /^(eq|ne)$/i.test(operator);
    if (!isKnown || field === undefined || value === undefined) throw new FakeFailure(400, `Invalid filter: ${text}`);
    const isWanted = operator.toLowerCase() === 'eq';
    clauses.push({ join: join as 'and' | 'or', field, isWanted, value: value.replaceAll('"', '') });
  }
  return clauses;
};

/** `config.user.team`: a key of a map may have points itself. What is no single value is no text either. */
const textAt = (fields: unknown, path: string): string => {
  if (typeof fields === 'string') return path === '' ? fields : '';
  if (typeof fields === 'number' || typeof fields === 'boolean') return path === '' ? String(fields) : '';
  if (typeof fields !== 'object' || fields === null) return '';
  const known = fields as Fields;
  if (path in known) return textAt(known[path], '');
  const [first = '', ...rest] = path.split('.');
  return rest.length === 0 ? '' : textAt(known[first], rest.join('.'));
};

/** What keeps the things that a filter asks for; all where there is none. Throws a FakeFailure of 400. */
export const filterOf = (text: string | null): ((fields: Fields) => boolean) => {
  const clauses = text === null || text === '' ? [] : clausesOf(text);
  return (fields) =>
    clauses.reduce((kept, { join, field, isWanted, value }) => {
      const fits = (textAt(fields, field).toLowerCase() === value.toLowerCase()) === isWanted;
      return join === 'and' ? kept && fits : kept || fits;
    }, true);
};
