/**
 * Which capacity provider each further task is for: the base is filled first, then every task goes where the
 * share that the weights give is least used. Page: CapacityProviderStrategyItem in the API reference.
 */
import type { ecs } from '@oreno/aws-wire';

/** How many of `count` further tasks each provider gets; `used` names the providers of the tasks there are. */
export const allotProviders = (
  strategy: readonly ecs.CapacityProviderStrategyItem[],
  used: readonly string[],
  count: number,
): ReadonlyMap<string, number> => {
  const totals = new Map(strategy.map(({ capacityProvider }) => [capacityProvider, 0]));
  for (const name of used) if (totals.has(name)) totals.set(name, (totals.get(name) ?? 0) + 1);
  const allotted = new Map<string, number>();
  for (let task = 0; task < count; task += 1) {
    const name = nextProvider(strategy, totals);
    if (name === undefined) break;
    totals.set(name, (totals.get(name) ?? 0) + 1);
    allotted.set(name, (allotted.get(name) ?? 0) + 1);
  }
  return allotted;
};

const nextProvider = (
  strategy: readonly ecs.CapacityProviderStrategyItem[],
  totals: ReadonlyMap<string, number>,
): string | undefined => {
  const totalOf = (name: string): number => totals.get(name) ?? 0;
  const based = strategy.find(({ capacityProvider, base = 0 }) => totalOf(capacityProvider) < base);
  if (based !== undefined) return based.capacityProvider;
  const share = ({ capacityProvider, base = 0, weight = 0 }: ecs.CapacityProviderStrategyItem): number =>
    (totalOf(capacityProvider) - base + 1) / weight;
  const weighted = strategy
    .filter(({ weight = 0 }) => weight > 0)
    .toSorted((left, right) => share(left) - share(right));
  return (weighted[0] ?? strategy[0])?.capacityProvider;
};
