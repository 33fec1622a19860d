/**
 * The rules of composite alarms: `ALARM("a") AND (OK(b) OR NOT INSUFFICIENT_DATA(c))`, `TRUE`, `FALSE`; AND binds closer
 * than OR, NOT closest. Alarms are named by name or ARN, in quotes or not. (API reference, PutCompositeAlarm.) Pure.
 */
import type { cloudwatch } from '@oreno/aws-wire';
import { validationError } from '../errors.ts';

export type AlarmRule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: cloudwatch.StateValue; readonly alarm: string }
  | { readonly kind: 'not'; readonly rule: AlarmRule }
  | { readonly kind: 'and' | 'or'; readonly rules: readonly AlarmRule[] };

const mostAlarms = 100;
const mostElements = 500;
const states: ReadonlySet<string> = new Set<cloudwatch.StateValue>(['ALARM', 'OK', 'INSUFFICIENT_DATA']);
const isState = (word: string | undefined): word is cloudwatch.StateValue => word !== undefined && states.has(word);

const wrong = (rule: string, at: number): Error =>
  validationError(`AlarmRule is not valid at position ${at + 1}: ${rule.slice(at, at + 30)}`);

/** Reads one rule; `at` is where it stands. */
class RuleReader {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): AlarmRule {
    const rule = this.#either();
    this.#skip(/\s*/y);
    if (this.#at < this.#text.length) throw wrong(this.#text, this.#at);
    return rule;
  }

  #skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found, group] = pattern.exec(this.#text) ?? [];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return group ?? found;
  }

  #either(): AlarmRule {
    const rules = [this.#both()];
    while (this.#skip(/\s*\bOR\b/y) !== undefined) rules.push(this.#both());
    return rules.length === 1 ? (rules[0] as AlarmRule) : { kind: 'or', rules };
  }

  #both(): AlarmRule {
    const rules = [this.#one()];
    while (this.#skip(/\s*\bAND\b/y) !== undefined) rules.push(this.#one());
    return rules.length === 1 ? (rules[0] as AlarmRule) : { kind: 'and', rules };
  }

  #one(): AlarmRule {
    this.#elements += 1;
    if (this.#elements > mostElements) throw validationError(`AlarmRule can have at most ${mostElements} elements.`);
    if (this.#skip(/\s*\bNOT\b/y) !== undefined) return { kind: 'not', rule: this.#one() };
    if (this.#skip(/\s*\(/y) !== undefined) {
      const rule = this.#either();
      if (this.#skip(/\s*\)/y) === undefined) throw wrong(this.#text, this.#at);
      return rule;
    }
    return this.#leaf();
  }

  #leaf(): AlarmRule {
    const start = this.#at;
    const word = this.#skip(/\s*([A-Z_]+)/y);
    if (word === 'TRUE' || word === 'FALSE') return { kind: 'constant', value: word === 'TRUE' };
    if (!isState(word) || this.#skip(/\s*\(/y) === undefined) throw wrong(this.#text, start);
    const alarm = this.#skip(/\s*"((?:[^"\\]|\\.)+)"/y)?.replace(/\\(.)/g, '$1') ?? this.#skip(/\s*([^\s"()]+)/y);
    if (alarm === undefined || this.#skip(/\s*\)/y) === undefined) throw wrong(this.#text, this.#at);
    return { kind: 'state', state: word, alarm };
  }
}

/** The alarms that a rule names, each once, as they are named there. */
export const alarmsOf = (rule: AlarmRule): readonly string[] => {
  if (rule.kind === 'constant') return [];
  if (rule.kind === 'state') return [rule.alarm];
  return [...new Set(rule.kind === 'not' ? alarmsOf(rule.rule) : rule.rules.flatMap(alarmsOf))];
};

/** Reads a rule; throws ValidationError for one that is not well formed or names too many alarms. */
export const parseAlarmRule = (text: string): AlarmRule => {
  const rule = new RuleReader(text).whole();
  if (alarmsOf(rule).length > mostAlarms) {
    throw validationError(`AlarmRule can name at most ${mostAlarms} alarms.`);
  }
  return rule;
};

/** Whether a rule holds. An alarm that is not there is in no state. */
export const holds = (rule: AlarmRule, stateOf: (alarm: string) => cloudwatch.StateValue | undefined): boolean => {
  if (rule.kind === 'constant') return rule.value;
  if (rule.kind === 'state') return stateOf(rule.alarm) === rule.state;
  if (rule.kind === 'not') return !holds(rule.rule, stateOf);
  return rule.kind === 'and'
    ? rule.rules.every((each) => holds(each, stateOf))
    : rule.rules.some((each) => holds(each, stateOf));
};
