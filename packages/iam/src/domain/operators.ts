/**
 * The operators of conditions (IAM user guide, "IAM JSON policy elements: Condition operators"): how one value of a
 * request is compared with one of a policy. Undefined where a policy's value is none of the operator's kind. Pure.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { literalText, matchesPattern } from './patterns.ts';

/** `wanted` is the policy's value. */
type Comparison = (value: string, wanted: string) => boolean | undefined;

export interface Operator {
  readonly compare: Comparison;
  /** Met where no wanted value compares; also where the request has no value at all. */
  readonly isNegative: boolean;
  /** Whether `*` and `?` stand for other characters in wanted values. */
  readonly hasWildcards: boolean;
  /** Whether wanted values may hold policy variables: those of texts and ARNs do. */
  readonly hasVariables: boolean;
}

const ofReadings =
  (read: (text: string) => number, holds: (value: number, wanted: number) => boolean): Comparison =>
  (value, wanted) => {
    const [left, right] = [read(value), read(wanted)];
    if (Number.isNaN(right)) return undefined;
    return !Number.isNaN(left) && holds(left, right);
  };

const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

const date = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?)?)?$/;

/** Milliseconds since the epoch of a date as W3C writes it, or of seconds since the epoch. */
const timeOf = (text: string): number => {
  if (date.test(text)) return Date.parse(text);
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Number.NaN;
};

const isAddress: Comparison = (value, wanted) => {
  const [address = '', bits] = wanted.split('/', 2);
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const longest = family === 'ipv4' ? 32 : 128;
  if (isIP(address) === 0 || (bits !== undefined && !(/^\d+$/.test(bits) && Number(bits) <= longest))) return undefined;
  if (isIP(value) === 0) return false;
  const range = new BlockList();
  range.addSubnet(address, bits === undefined ? longest : Number(bits), family);
  return range.check(value, isIPv4(value) ? 'ipv4' : 'ipv6');
};

/** The six parts of an ARN; the last has all further colons. Undefined where there are fewer. */
const partsOf = (arn: string): readonly string[] | undefined =>
  /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):(.*)$/s.exec(arn)?.slice(1);

/** Part by part, so that no wildcard reaches over a colon into the next part. */
const isArn: Comparison = (value, wanted) => {
  const [parts, patterns] = [partsOf(value), partsOf(wanted)];
  if (patterns === undefined) return undefined;
  return parts !== undefined && patterns.every((pattern, at) => matchesPattern(parts[at] ?? '', pattern));
};

const isText: Comparison = (value, wanted) => value === wanted;
const isTextIgnoringCase: Comparison = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: isText,
  StringEqualsIgnoreCase: isTextIgnoringCase,
  StringLike: matchesPattern,
  NumericEquals: ofReadings(numberOf, (value, wanted) => value === wanted),
  NumericLessThan: ofReadings(numberOf, (value, wanted) => value < wanted),
  NumericLessThanEquals: ofReadings(numberOf, (value, wanted) => value <= wanted),
  NumericGreaterThan: ofReadings(numberOf, (value, wanted) => value > wanted),
  NumericGreaterThanEquals: ofReadings(numberOf, (value, wanted) => value >= wanted),
  DateEquals: ofReadings(timeOf, (value, wanted) => value === wanted),
  DateLessThan: ofReadings(timeOf, (value, wanted) => value < wanted),
  DateLessThanEquals: ofReadings(timeOf, (value, wanted) => value <= wanted),
  DateGreaterThan: ofReadings(timeOf, (value, wanted) => value > wanted),
  DateGreaterThanEquals: ofReadings(timeOf, (value, wanted) => value >= wanted),
  Bool: isTextIgnoringCase,
  BinaryEquals: isText,
  IpAddress: isAddress,
  ArnEquals: isArn,
  ArnLike: isArn,
};

/** The operators with a `Not` in their name, by the one that they turn around. */
const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

/** The operator of a name without prefix and `IfExists`; undefined where there is none. */
export const operatorOf = (name: string): Operator | undefined => {
  const positive = negations[name] ?? name;
  const compare = Object.hasOwn(comparisons, positive) ? comparisons[positive] : undefined;
  return (
    compare && {
      compare,
      isNegative: positive !== name,
      hasWildcards: compare === matchesPattern || compare === isArn,
      hasVariables: /^(String|Arn)/.test(positive),
    }
  );
};

/** A value that was put into a policy's text as the operator reads it: its stars are stars. */
export const escapeFor = ({ hasWildcards }: Operator): ((value: string) => string) =>
  hasWildcards ? literalText : (value) => value;
