import type { Comparison, Query, Subject } from './query.ts';

/** Names that need no quotes wherever an argument may stand. */
const bare = /^[\w.:/@*+$^\\-]+$/;

const printValue = (value: string): string => (bare.test(value) ? value : `'${value.replaceAll("'", "''")}'`);

const printSubject = (subject: Subject): string => {
  if (subject.kind === 'attribute') return `attribute:${subject.name}`;
  return subject.kind === 'taskGroup' ? 'task:group' : subject.kind;
};

const printComparison = ({ subject, operator, values }: Comparison): string => {
  const start = `${printSubject(subject)} ${operator}`;
  if (operator === 'in' || operator === '!in') return `${start} [${values.map(printValue).join(', ')}]`;
  return [start, ...values.map(printValue)].join(' ');
};

const printGrouped = (query: Query): string => {
  const text = printQuery(query);
  return query.kind === 'and' || query.kind === 'or' ? `(${text})` : text;
};

/** Writes an expression that {@link parseQuery} reads as the same query. */
export const printQuery = (query: Query): string => {
  if (query.kind === 'comparison') return printComparison(query);
  if (query.kind === 'not') {
    return `not(${printQuery(query.operand)})`;
  }
  return query.operands.map(printGrouped).join(` ${query.kind} `);
};
