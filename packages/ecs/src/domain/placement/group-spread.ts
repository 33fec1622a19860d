/**
 * How many wanted tasks of a group are where, by the attributes over which a strategy spreads them. Counted once
 * for each group and list of attributes that is asked for, and from there kept as tasks come and go.
 */
import type { InstanceState } from './instance-state.ts';

/** Tasks in a division, and in the divisions of it. */
export interface Spread {
  tasks: number;
  readonly byValue: Map<string, Spread>;
}

interface AttributeSpreads {
  readonly attributes: readonly string[];
  readonly byGroup: Map<string, Spread>;
}

/** By the list of attributes, least recently made first. */
export type GroupSpreads = Map<string, AttributeSpreads>;

/** More lists of attributes than strategies in use have. */
const mostLists = 16;

const valueOf = (instance: InstanceState, attribute: string): string => instance.attributes.get(attribute) ?? '';

const add = (root: Spread, attributes: readonly string[], instance: InstanceState, tasks: number): void => {
  root.tasks += tasks;
  let spread = root;
  for (const attribute of attributes) {
    const value = valueOf(instance, attribute);
    let inner = spread.byValue.get(value);
    if (inner === undefined) spread.byValue.set(value, (inner = { tasks: 0, byValue: new Map() }));
    inner.tasks += tasks;
    spread = inner;
  }
};

/** Where the tasks of a group are; `placed` says on which instances, and how many. */
export const spreadOf = (
  spreads: GroupSpreads,
  group: string,
  attributes: readonly string[],
  placed: ReadonlyMap<InstanceState, number> | undefined,
): Spread => {
  const name = JSON.stringify(attributes);
  const ofAttributes = spreads.get(name) ?? { attributes, byGroup: new Map<string, Spread>() };
  spreads.set(name, ofAttributes);
  const oldest = spreads.keys().next();
  if (spreads.size > mostLists && oldest.done !== true) spreads.delete(oldest.value);
  const known = ofAttributes.byGroup.get(group);
  if (known !== undefined) return known;
  const counted: Spread = { tasks: 0, byValue: new Map() };
  for (const [instance, tasks] of placed ?? []) add(counted, attributes, instance, tasks);
  ofAttributes.byGroup.set(group, counted);
  return counted;
};

/** A task of the group came to the instance (1), or went from it (-1). */
export const countInSpreads = (spreads: GroupSpreads, group: string, instance: InstanceState, by: 1 | -1): void => {
  for (const { attributes, byGroup } of spreads.values()) {
    const spread = byGroup.get(group);
    if (spread === undefined) continue;
    add(spread, attributes, instance, by);
    if (spread.tasks === 0) byGroup.delete(group);
  }
};

/** The instance's attributes changed: what was counted by them is counted anew when it is asked for. */
export const forgetSpreads = (
  spreads: GroupSpreads,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): void => {
  for (const [name, { attributes }] of spreads) {
    if (attributes.some((attribute) => before.get(attribute) !== after.get(attribute))) spreads.delete(name);
  }
};
