/** A cluster's settings. ECS knows one, `containerInsights`, and every cluster has a value for it. */
import type { ecs } from '@oreno/aws-wire';
import { invalidParameter } from '../errors.ts';

const ALLOWED_VALUES = new Set(['enabled', 'disabled', 'enhanced']);

/** Refuses a setting with a value that it cannot take (InvalidParameterException). */
export const validateClusterSettings = (settings: readonly ecs.ClusterSetting[] | undefined): void => {
  for (const { name, value } of settings ?? []) {
    if (name !== 'containerInsights') throw invalidParameter("Invalid setting 'name'");
    if (value === undefined || !ALLOWED_VALUES.has(value)) throw invalidParameter("Invalid setting 'value'");
  }
};

/** What was asked for, or the account's own default for `containerInsights`. */
export const settingsWithDefaults = (
  settings: readonly ecs.ClusterSetting[] | undefined,
  containerInsights: string,
): readonly ecs.ClusterSetting[] =>
  settings === undefined || settings.length === 0
    ? [{ name: 'containerInsights', value: containerInsights }]
    : settings;

/** The settings after an update that names some of them. */
export const mergeClusterSettings = (
  current: readonly ecs.ClusterSetting[],
  changes: readonly ecs.ClusterSetting[],
): readonly ecs.ClusterSetting[] => [
  ...current.filter(({ name }) => !changes.some((change) => change.name === name)),
  ...changes,
];
