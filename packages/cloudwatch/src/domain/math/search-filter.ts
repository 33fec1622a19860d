/**
 * The first argument of SEARCH: `{Namespace,Dimension,…} MetricName="CPUUtilization" web OR NOT Dimension=x`. Words match
 * whole words of a name or value, whatever their case; in quotes they match it exactly. Terms beside each other must all
 * match. (CloudWatch user guide, "CloudWatch search expression syntax".) Pure.
 */
import type { cloudwatch } from '@oreno/aws-wire';
import { validationError } from '../errors.ts';

export interface Searched {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly cloudwatch.Dimension[];
}

type Test = (metric: Searched) => boolean;

const token = /\s*(?:(\{[^}]*\})|([A-Za-z0-9_:./-]+\s*=)|"([^"]*)"|([()])|([^\s()"=]+))/y;

/** Letters and digits that belong together: `CPUUtilization` is `CPU` and `Utilization` too. */
const wordsOf = (text: string): readonly string[] =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());

const contains = (text: string, word: string): boolean => {
  const wanted = wordsOf(word);
  const words = wordsOf(text);
  return (
    text.toLowerCase() === word.toLowerCase() ||
    (wanted.length > 0 && words.some((_, at) => wanted.every((each, index) => words[at + index] === each)))
  );
};

const textsOf = ({ namespace, metricName, dimensions }: Searched, property: string | undefined): readonly string[] => {
  if (property === undefined) return [namespace, metricName, ...dimensions.flatMap(({ Name, Value }) => [Name, Value])];
  if (property === 'Namespace') return [namespace];
  if (property === 'MetricName') return [metricName];
  if (property === ':aws.AccountId') return [];
  return dimensions.filter(({ Name }) => Name === property).map(({ Value }) => Value);
};

const matches =
  (property: string | undefined, word: string, exact: boolean): Test =>
  (metric) =>
    textsOf(metric, property).some((text) => (exact ? text === word : contains(text, word)));

/** Namespace and exactly these dimensions. */
const schema = (text: string): Test => {
  const [namespace = '', ...names] = text
    .slice(1, -1)
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const wanted = names.toSorted().join('\n');
  return (metric) =>
    metric.namespace === namespace &&
    metric.dimensions
      .map(({ Name }) => Name)
      .toSorted()
      .join('\n') === wanted;
};

class FilterReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Test {
    const test = this.#either(undefined);
    if (this.#text.slice(this.#at).trim() !== '') throw this.#wrong();
    return test;
  }

  #wrong(): Error {
    return validationError(`Error in SEARCH expression '${this.#text}' at position ${this.#at + 1}.`);
  }

  #peek(): RegExpExecArray | null {
    token.lastIndex = this.#at;
    return token.exec(this.#text);
  }

  #keyword(word: string): boolean {
    const found = this.#peek();
    if (found?.[5] !== word) return false;
    this.#at += found[0].length;
    return true;
  }

  #either(property: string | undefined): Test {
    const tests = [this.#both(property)];
    while (this.#keyword('OR')) tests.push(this.#both(property));
    return (metric) => tests.some((test) => test(metric));
  }

  #both(property: string | undefined): Test {
    const tests = [this.#one(property)];
    for (let next = this.#peek(); next !== null && next[5] !== 'OR' && next[4] !== ')'; next = this.#peek()) {
      this.#keyword('AND');
      tests.push(this.#one(property));
    }
    return (metric) => tests.every((test) => test(metric));
  }

  #one(property: string | undefined): Test {
    if (this.#keyword('NOT')) {
      const test = this.#one(property);
      return (metric) => !test(metric);
    }
    const found = this.#peek();
    if (found === null) throw this.#wrong();
    const [whole, braces, name, quoted, parenthesis, word] = found;
    this.#at += whole.length;
    if (braces !== undefined) return schema(braces);
    if (name !== undefined) return this.#one(name.slice(0, -1).trim());
    if (quoted !== undefined) return matches(property, quoted, true);
    if (word !== undefined) return matches(property, word, false);
    if (parenthesis !== '(') throw this.#wrong();
    const test = this.#either(property);
    if (this.#peek()?.[4] !== ')') throw this.#wrong();
    this.#at += this.#peek()?.[0].length ?? 0;
    return test;
  }
}

/** Whether a metric is one that the search asks for; throws ValidationError for a text that is not well formed. */
export const parseSearch = (text: string): Test => new FilterReader(text).whole();
