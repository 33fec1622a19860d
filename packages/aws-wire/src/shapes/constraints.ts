/**
 * The constraints of the service model, checked on decoded input: required members, enum values, lengths,
 * ranges, patterns. Compiled once per shape; a shape without constraints anywhere below costs nothing. Each
 * violation becomes a value; how it is worded is the service's dialect (dialects.ts).
 */
import type { ModelTable, TableShape } from '../model.ts';
import { patternTest } from './patterns.ts';
import { detailed, present, shapeOf } from './table.ts';

/** A constraint, by kind and with the bound it sets. */
export type Rule =
  | { readonly kind: 'required' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'min-length'; readonly bound: number }
  | { readonly kind: 'max-length'; readonly bound: number }
  | { readonly kind: 'min-value'; readonly bound: number }
  | { readonly kind: 'max-value'; readonly bound: number }
  /** What the members of a list of scalars must satisfy, all of it. */
  | { readonly kind: 'members'; readonly rules: readonly Rule[] };

export interface Violation {
  /** For example `containerDefinitions`, `1`, `member`, `name`. */
  readonly path: readonly string[];
  /** Undefined when a required member is absent. */
  readonly value: unknown;
  readonly rule: Rule;
}

type Report = (path: readonly string[], value: unknown, rule: Rule) => void;
/** Checks a value; `path` is shared and restored, so that it is only copied for a violation. */
type Check = (value: unknown, path: string[], report: Report) => void;

interface RuleCheck {
  readonly rule: Rule;
  readonly holds: (value: unknown) => boolean;
}

const numeric = new Set(['integer', 'long', 'float', 'double']);

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return value instanceof Uint8Array ? value.length : Object.keys(value as object).length;
};

const boundChecks = (shape: TableShape): readonly RuleCheck[] => {
  const number = numeric.has(shape.type);
  const measure = number ? (value: unknown) => value as number : sizeOf;
  const { min, max } = shape;
  const checks: RuleCheck[] = [];
  if (max !== undefined) {
    checks.push({
      rule: { kind: number ? 'max-value' : 'max-length', bound: max },
      holds: (value) => measure(value) <= max,
    });
  }
  if (min !== undefined && (number || min > 0)) {
    checks.push({
      rule: { kind: number ? 'min-value' : 'min-length', bound: min },
      holds: (value) => measure(value) >= min,
    });
  }
  return checks;
};

const rulesOf = (shape: TableShape, patterns: boolean): readonly RuleCheck[] => {
  const checks: RuleCheck[] = [];
  if (shape.enum !== undefined && shape.type === 'string') {
    const values = new Set<unknown>(shape.enum);
    checks.push({ rule: { kind: 'enum', values: shape.enum }, holds: (value) => values.has(value) });
  }
  const test = patterns && shape.pattern !== undefined ? patternTest(shape.pattern, shape.max) : undefined;
  if (test !== undefined && shape.pattern !== undefined) {
    checks.push({ rule: { kind: 'pattern', pattern: shape.pattern }, holds: (value) => test(value as string) });
  }
  return [...checks, ...boundChecks(shape)];
};

const ownCheck = (rules: readonly RuleCheck[]): Check | undefined => {
  if (rules.length === 0) return undefined;
  return (value, path, report) => {
    for (const { rule, holds } of rules) if (!holds(value)) report(path, value, rule);
  };
};

const bothOf = (first: Check | undefined, second: Check | undefined): Check | undefined => {
  if (first === undefined || second === undefined) return first ?? second;
  return (value, path, report) => {
    first(value, path, report);
    second(value, path, report);
  };
};

/** Compiles checks; a recursive shape reaches itself through `started`. */
const compiler = (table: ModelTable, patterns: boolean): ((name: string) => Check | undefined) => {
  const done = new Map<string, Check | undefined>();
  const started = new Set<string>();

  const compile = (name: string): Check | undefined => {
    if (done.has(name)) return done.get(name);
    if (started.has(name)) return (value, path, report) => done.get(name)?.(value, path, report);
    started.add(name);
    const shape = shapeOf(table, name);
    const own = shape.type === 'structure' ? undefined : ownCheck(rulesOf(shape, patterns));
    const check = bothOf(own, inner[shape.type]?.(shape));
    done.set(name, check);
    return check;
  };

  const structure = (shape: TableShape): Check | undefined => {
    const required = new Set(shape.required);
    const members = Object.entries(shape.members ?? {})
      .map(([name, reference]) => ({ name, required: required.has(name), check: compile(detailed(reference).shape) }))
      .filter((member) => member.required || member.check !== undefined);
    if (members.length === 0) return undefined;
    return (value, path, report) => {
      for (const member of members) {
        const part = (value as Readonly<Record<string, unknown>>)[member.name];
        if (part === undefined && !member.required) continue;
        path.push(member.name);
        if (part === undefined) report(path, undefined, { kind: 'required' });
        else member.check?.(part, path, report);
        path.pop();
      }
    };
  };

  const list = (shape: TableShape): Check | undefined => {
    const memberName = present(shape.member).shape;
    const member = shapeOf(table, memberName);
    if (!['structure', 'list', 'map'].includes(member.type)) {
      const rules = rulesOf(member, patterns);
      if (rules.length === 0) return undefined;
      const rule: Rule = { kind: 'members', rules: rules.map((each) => each.rule) };
      return (value, path, report) => {
        const holds = (value as readonly unknown[]).every((item) => rules.every((each) => each.holds(item)));
        if (!holds) report(path, value, rule);
      };
    }
    const check = compile(memberName);
    if (check === undefined) return undefined;
    return (value, path, report) => {
      for (const [index, item] of (value as readonly unknown[]).entries()) {
        path.push(String(index + 1), 'member');
        check(item, path, report);
        path.length -= 2;
      }
    };
  };

  const map = (shape: TableShape): Check | undefined => {
    const keyCheck = compile(present(shape.key).shape);
    const valueCheck = compile(present(shape.value).shape);
    if (keyCheck === undefined && valueCheck === undefined) return undefined;
    return (value, path, report) => {
      for (const [key, item] of Object.entries(value as object)) {
        path.push(key, 'member');
        keyCheck?.(key, path, report);
        valueCheck?.(item, path, report);
        path.length -= 2;
      }
    };
  };

  const inner: Readonly<Record<string, ((shape: TableShape) => Check | undefined) | undefined>> = {
    structure,
    list,
    map,
  };
  return compile;
};

/** No answer names more violations than this. */
const mostReported = 20;

/** Finds what in an operation's input breaks the model's constraints. `patterns`: whether the service enforces them. */
export const constraintsOf = (
  table: ModelTable,
  patterns: boolean,
): ((shape: string, value: unknown) => readonly Violation[]) => {
  const compile = compiler(table, patterns);
  const none: readonly Violation[] = [];
  return (shape, value) => {
    const check = compile(shape);
    if (check === undefined) return none;
    let violations: Violation[] | undefined;
    check(value, [], (path, offending, rule) => {
      violations ??= [];
      if (violations.length < mostReported) violations.push({ path: [...path], value: offending, rule });
    });
    return violations ?? none;
  };
};
