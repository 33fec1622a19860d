/** Lifecycle policies: what their JSON may say (Amazon ECR user guide, "Lifecycle policy properties"). */

const mostRules = 50;
/** Days that an archived image is kept at least. */
const leastArchived = 90;

export type TagSelection =
  | { readonly tagStatus: 'any' | 'untagged' }
  | { readonly tagStatus: 'tagged'; readonly prefixes: readonly string[] }
  | { readonly tagStatus: 'tagged'; readonly patterns: readonly string[] };

type CountSelection =
  | { readonly countType: 'imageCountMoreThan'; readonly count: number }
  | { readonly countType: DayCount; readonly days: number };

type DayCount = 'sinceImagePushed' | 'sinceImagePulled' | 'sinceImageTransitioned';

export type StorageClass = 'standard' | 'archive';
export type LifecycleAction = 'expire' | 'transition';

export interface LifecycleRule {
  /** The lower, the more it counts. */
  readonly priority: number;
  readonly tags: TagSelection;
  /** The class of the images that it is about. */
  readonly storageClass: StorageClass;
  readonly count: CountSelection;
  readonly action: LifecycleAction;
}

export interface LifecyclePolicy {
  /** By priority. */
  readonly rules: readonly LifecycleRule[];
  /** The policy as it is given back: its rules by priority. */
  readonly text: string;
}

export type LifecycleReading =
  | { readonly kind: 'policy'; readonly policy: LifecyclePolicy }
  | { readonly kind: 'invalid'; readonly reason: string };

type Json = Readonly<Record<string, unknown>>;

class Invalid extends Error {}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const object = (value: unknown, where: string): Json => {
  if (!isObject(value)) throw new Invalid(`${where} must be an object`);
  return value;
};

const only = (value: Json, where: string, known: readonly string[]): void => {
  const other = Object.keys(value).find((key) => !known.includes(key));
  if (other !== undefined) throw new Invalid(`${where} has an unknown member '${other}'`);
};

const oneOf = <T extends string>(value: unknown, where: string, allowed: readonly T[]): T => {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Invalid(`${where} must be one of ${allowed.join(', ')}`);
  return found;
};

const positive = (value: unknown, where: string): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new Invalid(`${where} must be an integer of at least 1`);
  }
  return value;
};

const texts = (value: unknown, where: string): readonly string[] => {
  if (!Array.isArray(value) || value.length === 0) throw new Invalid(`${where} must be a list that is not empty`);
  return value.map((text) => {
    if (typeof text !== 'string' || text === '') throw new Invalid(`${where} must hold strings that are not empty`);
    return text;
  });
};

const readTags = (selection: Json, where: string): TagSelection => {
  const tagStatus = oneOf(selection['tagStatus'], `${where}.tagStatus`, ['tagged', 'untagged', 'any']);
  const { tagPrefixList, tagPatternList } = selection;
  if (tagStatus !== 'tagged') {
    if (tagPrefixList !== undefined || tagPatternList !== undefined) {
      throw new Invalid(`${where} must have no tagPrefixList or tagPatternList when tagStatus is ${tagStatus}`);
    }
    return { tagStatus };
  }
  if ((tagPrefixList === undefined) === (tagPatternList === undefined)) {
    throw new Invalid(`${where} must have either tagPrefixList or tagPatternList when tagStatus is tagged`);
  }
  if (tagPrefixList !== undefined) return { tagStatus, prefixes: texts(tagPrefixList, `${where}.tagPrefixList`) };
  const patterns = texts(tagPatternList, `${where}.tagPatternList`);
  const crowded = patterns.find((pattern) => pattern.split('*').length > 5);
  if (crowded !== undefined) throw new Invalid(`the pattern '${crowded}' has more than four wildcards`);
  return { tagStatus, patterns };
};

const dayCounts: readonly DayCount[] = ['sinceImagePushed', 'sinceImagePulled', 'sinceImageTransitioned'];

const readAction = (value: unknown, where: string): LifecycleAction => {
  const action = object(value, where);
  const type = oneOf(action['type'], `${where}.type`, ['expire', 'transition'] as const);
  only(action, where, type === 'expire' ? ['type'] : ['type', 'targetStorageClass']);
  if (type === 'transition') oneOf(action['targetStorageClass'], `${where}.targetStorageClass`, ['archive']);
  return type;
};

/** Which count goes with which class and action. */
const checkFit = ({ storageClass, count, action }: LifecycleRule, where: string): void => {
  const { countType } = count;
  if ((countType === 'sinceImageTransitioned') !== (storageClass === 'archive')) {
    throw new Invalid(`${where}: countType sinceImageTransitioned and storageClass archive go together, and only so`);
  }
  if (countType === 'sinceImagePulled' && action !== 'transition') {
    throw new Invalid(`${where}: countType sinceImagePulled is for the action transition alone`);
  }
  if (storageClass === 'archive' && action !== 'expire') {
    throw new Invalid(`${where}: archived images can only be expired`);
  }
  if (countType === 'sinceImageTransitioned' && count.days < leastArchived) {
    throw new Invalid(`${where}.selection.countNumber must be at least ${leastArchived} for archived images`);
  }
};

const readCount = (selection: Json, where: string): CountSelection => {
  const { countType, countUnit } = selection;
  const type = oneOf(countType, `${where}.countType`, ['imageCountMoreThan', ...dayCounts]);
  const number = positive(selection['countNumber'], `${where}.countNumber`);
  if (type === 'imageCountMoreThan') {
    if (countUnit !== undefined) throw new Invalid(`${where} must have no countUnit when countType is ${type}`);
    return { countType: type, count: number };
  }
  oneOf(countUnit, `${where}.countUnit`, ['days']);
  return { countType: type, days: number };
};

const selectionMembers = [
  'tagStatus',
  'tagPrefixList',
  'tagPatternList',
  'storageClass',
  'countType',
  'countUnit',
  'countNumber',
];

const readRule = (value: unknown, index: number): LifecycleRule => {
  const where = `rules[${index}]`;
  const rule = object(value, where);
  only(rule, where, ['rulePriority', 'description', 'selection', 'action']);
  if (rule['description'] !== undefined && typeof rule['description'] !== 'string') {
    throw new Invalid(`${where}.description must be a string`);
  }
  const selection = object(rule['selection'], `${where}.selection`);
  only(selection, `${where}.selection`, selectionMembers);
  const storageClass = selection['storageClass'] ?? 'standard';
  const read: LifecycleRule = {
    priority: positive(rule['rulePriority'], `${where}.rulePriority`),
    tags: readTags(selection, `${where}.selection`),
    storageClass: oneOf(storageClass, `${where}.selection.storageClass`, ['standard', 'archive']),
    count: readCount(selection, `${where}.selection`),
    action: readAction(rule['action'], `${where}.action`),
  };
  checkFit(read, where);
  return read;
};

const duplicate = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);

/** The rules between the rules of one storage class. */
const checkOfClass = (rules: readonly LifecycleRule[]): void => {
  const prefixes = rules.flatMap(({ tags }) => ('prefixes' in tags ? [...new Set(tags.prefixes)] : []));
  const prefix = duplicate(prefixes);
  if (prefix !== undefined) throw new Invalid(`the tag prefix '${prefix}' is in more than one rule`);
  if (rules.filter(({ tags }) => tags.tagStatus === 'untagged').length > 1) {
    throw new Invalid('only one rule may select untagged images');
  }
  const last = rules.at(-1);
  if (rules.some((rule) => rule.tags.tagStatus === 'any' && rule !== last)) {
    throw new Invalid('a rule with tagStatus any must have the largest rulePriority');
  }
};

/** The rules between rules. */
const checkTogether = (rules: readonly LifecycleRule[]): void => {
  const twice = duplicate(rules.map(({ priority }) => String(priority)));
  if (twice !== undefined) throw new Invalid(`the rulePriority ${twice} is given more than once`);
  for (const storageClass of ['standard', 'archive'] as const) {
    checkOfClass(rules.filter((rule) => rule.storageClass === storageClass));
  }
};

const priorityOf = (rule: unknown): number => (isObject(rule) ? Number(rule['rulePriority']) : Number.NaN);

/** Reads a policy's JSON text. */
export const readLifecyclePolicy = (text: string): LifecycleReading => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'the text is not JSON' };
  }
  try {
    const policy = object(json, 'the policy');
    only(policy, 'the policy', ['rules']);
    const given: unknown = policy['rules'];
    if (!Array.isArray(given) || given.length === 0) throw new Invalid('rules must be a list that is not empty');
    if (given.length > mostRules) throw new Invalid(`there may be at most ${mostRules} rules`);
    const rules = given.map(readRule).toSorted((a, b) => a.priority - b.priority);
    checkTogether(rules);
    const sorted = given.toSorted((a, b) => priorityOf(a) - priorityOf(b));
    return { kind: 'policy', policy: { rules, text: JSON.stringify({ rules: sorted }) } };
  } catch (error) {
    if (error instanceof Invalid) return { kind: 'invalid', reason: error.message };
    throw error;
  }
};
