/**
 * Regular expressions for `matches` and `not_matches`, in the part of Java's syntax that has an automaton.
 * Every state is followed at once, so a match takes time proportional to text and pattern whatever they are:
 * an expression of one user cannot keep the server busy. What needs backtracking (back references, look
 * around, possessive quantifiers) is refused. The whole value must match, as with Java's `matches`.
 */
import { parseSyntax, type Syntax } from './pattern-syntax.ts';

export interface Pattern {
  readonly test: (text: string) => boolean;
}

type State =
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'split'; readonly next: number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'match' };

/** A counted repetition is written out; more than this is no pattern for a name. */
const maximumStates = 20_000;

/** Compiles a pattern; undefined when it is malformed or needs what this language leaves out. */
export const parsePattern = (source: string): Pattern | undefined => {
  const syntax = parseSyntax(source);
  if (syntax === undefined) return undefined;
  const states: State[] = [{ kind: 'match' }];
  const start = build(syntax, 0, states);
  return start === undefined ? undefined : { test: (text) => run(states, start, text) };
};

const push = (states: State[], state: State): number | undefined =>
  states.length < maximumStates ? states.push(state) - 1 : undefined;

/** Adds the states for `syntax` that go on at `next`; returns where they begin, or undefined when there are too many. */
const build = <Kind extends Syntax['kind']>(
  syntax: Extract<Syntax, { readonly kind: Kind }>,
  next: number,
  states: State[],
): number | undefined => {
  const builder: Builder<Kind> = builders[syntax.kind];
  return builder(syntax, next, states);
};

type Builder<Kind extends Syntax['kind']> = (
  syntax: Extract<Syntax, { readonly kind: Kind }>,
  next: number,
  states: State[],
) => number | undefined;

const builders: { readonly [Kind in Syntax['kind']]: Builder<Kind> } = {
  character: ({ accepts }, next, states) => push(states, { kind: 'character', accepts, next }),
  start: (_anchor, next, states) => push(states, { kind: 'start', next }),
  end: (_anchor, next, states) => push(states, { kind: 'end', next }),
  sequence: ({ parts }, next, states) =>
    parts.reduceRight<number | undefined>(
      (after, part) => (after === undefined ? undefined : build(part, after, states)),
      next,
    ),
  choice: ({ parts }, next, states) => {
    const entries = parts.map((part) => build(part, next, states));
    return entries.includes(undefined) ? undefined : push(states, { kind: 'split', next: entries.filter(isDefined) });
  },
  repeat: (syntax, next, states) => buildRepeat(syntax, next, states),
};

const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

const buildRepeat = (
  { part, minimum, maximum }: Extract<Syntax, { readonly kind: 'repeat' }>,
  next: number,
  states: State[],
): number | undefined => {
  let entry: number | undefined = next;
  if (maximum === undefined) {
    const targets: number[] = [next];
    entry = push(states, { kind: 'split', next: targets });
    const body = entry === undefined ? undefined : build(part, entry, states);
    if (body === undefined) return undefined;
    targets.push(body);
  }
  for (let count = minimum; count < (maximum ?? minimum) && entry !== undefined; count += 1) {
    const body = build(part, entry, states);
    entry = body === undefined ? undefined : push(states, { kind: 'split', next: [body, next] });
  }
  for (let count = 0; count < minimum && entry !== undefined; count += 1) entry = build(part, entry, states);
  return entry;
};

/** Adds a state and all that is reached from it without reading, each once. */
const follow = (
  states: readonly State[],
  from: number,
  active: Set<number>,
  atStart: boolean,
  atEnd: boolean,
): void => {
  const pending = [from];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (active.has(index)) continue;
    active.add(index);
    const state = states[index];
    if (state?.kind === 'split') pending.push(...state.next);
    if ((state?.kind === 'start' && atStart) || (state?.kind === 'end' && atEnd)) pending.push(state.next);
  }
};

const run = (states: readonly State[], start: number, text: string): boolean => {
  const characters = Array.from(text);
  let active = new Set<number>();
  follow(states, start, active, true, characters.length === 0);
  for (const [position, character] of characters.entries()) {
    const reached = new Set<number>();
    for (const index of active) {
      const state = states[index];
      if (state?.kind !== 'character' || !state.accepts(character)) continue;
      follow(states, state.next, reached, false, position === characters.length - 1);
    }
    if (reached.size === 0) return false;
    active = reached;
  }
  return active.has(0);
};
