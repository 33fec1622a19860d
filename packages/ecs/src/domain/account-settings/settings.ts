/**
 * The account settings of ECS: their names, what they can be set to, and what they are when nobody set them.
 * Page: "Access Amazon ECS features with account settings" in the developer guide.
 */
import type { Principal, ecs } from '@oreno/aws-wire';
import { invalidParameter } from '../errors.ts';

interface SettingRule {
  readonly values: readonly string[];
  readonly default: string;
  /** Values that were once there and can no longer be chosen, with the text of the refusal. */
  readonly retired?: readonly [value: string, message: string];
  /** Set by AWS itself, for whoever runs the account. */
  readonly managed?: true;
}

const LONG_ARN: SettingRule = {
  values: ['enabled', 'disabled'],
  default: 'enabled',
  retired: ['disabled', 'You can no longer disable Long Arn settings'],
};
const SWITCH: SettingRule = { values: ['enabled', 'disabled'], default: 'disabled' };

const SETTINGS: { readonly [Name in ecs.SettingName]: SettingRule } = {
  awsvpcTrunking: SWITCH,
  containerInsights: { values: ['enabled', 'disabled', 'enhanced'], default: 'disabled' },
  containerInstanceLongArnFormat: LONG_ARN,
  defaultLogDriverMode: { values: ['blocking', 'non-blocking'], default: 'non-blocking' },
  fargateEventWindows: SWITCH,
  fargateFIPSMode: SWITCH,
  fargateTaskRetirementWaitPeriod: { values: ['0', '7', '14'], default: '7' },
  guardDutyActivate: { values: ['on', 'off'], default: 'off', managed: true },
  serviceLongArnFormat: LONG_ARN,
  tagResourceAuthorization: { values: ['on', 'off'], default: 'on' },
  taskLongArnFormat: LONG_ARN,
};

/** Every name, in alphabetical order. */
export const settingNames: readonly ecs.SettingName[] = Object.keys(SETTINGS) as ecs.SettingName[];

export const defaultOf = (name: ecs.SettingName): string => SETTINGS[name].default;

/** Throws InvalidParameterException for a value that the setting cannot take, or a setting that only AWS sets. */
export const validateSetting = (name: ecs.SettingName, value: string): void => {
  const { values, retired, managed } = SETTINGS[name];
  if (managed === true) throw invalidParameter(`The account setting ${name} is managed by AWS and cannot be changed.`);
  if (!values.includes(value)) throw invalidParameter("Invalid setting 'value'");
  if (retired?.[0] === value) throw invalidParameter(retired[1]);
};

/** A setting as the API shows it. */
export const settingView = (name: ecs.SettingName, value: string, principalArn: string): ecs.Setting => ({
  name,
  value,
  principalArn,
  type: SETTINGS[name].managed === true ? 'aws_managed' : 'user',
});

export const rootArn = (account: string): string => `arn:aws:iam::${account}:root`;

/** The principal whose settings apply to a caller: the role, not the session, for an assumed role. */
export const settingsPrincipal = ({ arn, account, type }: Principal): string => {
  if (type !== 'assumed-role') return arn;
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1] ?? '';
  return `arn:aws:iam::${account}:role/${role}`;
};

/** The key under which a principal's settings are kept: empty for the root user, whose settings are the account's. */
export const settingsKey = (principalArn: string, account: string): string =>
  principalArn === rootArn(account) ? '' : principalArn;

/**
 * The principal that a request is about. Throws InvalidParameterException for one that is no user, role or root
 * user of the account, AccessDeniedException when somebody else than the root user means another principal.
 */
export const targetPrincipal = (requested: string | undefined, caller: Principal, denied: () => Error): string => {
  const own = settingsPrincipal(caller);
  if (requested === undefined || requested === own) return own;
  const grammar = new RegExp(`^arn:aws:iam::${caller.account}:(root|(user|role)/.+)$`);
  if (!grammar.test(requested)) throw invalidParameter(`Invalid principal ARN: ${requested}`);
  if (caller.type !== 'root') throw denied();
  return requested;
};
