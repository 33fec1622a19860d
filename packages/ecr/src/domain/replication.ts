/** Which images are copied where (Amazon ECR user guide, "Private image replication"). Pure. */

export interface ReplicationRule {
  readonly destinations: readonly { readonly region: string; readonly registryId: string }[];
  readonly repositoryFilters?: readonly { readonly filter: string; readonly filterType: 'PREFIX_MATCH' }[] | undefined;
}

export interface Destination {
  readonly account: string;
  readonly region: string;
}

const mostRules = 10;
const mostDestinations = 25;

/** Why the rules of a registry cannot be taken; undefined when they can. */
export const faultOfRules = (rules: readonly ReplicationRule[], own: Destination): string | undefined => {
  if (rules.length > mostRules) return `a replication configuration can have ${mostRules} rules`;
  const all = rules.flatMap(({ destinations }) => destinations);
  if (rules.some(({ destinations }) => destinations.length === 0)) return 'a rule needs at least one destination';
  if (new Set(all.map(({ region, registryId }) => `${registryId}/${region}`)).size > mostDestinations) {
    return `a replication configuration can have ${mostDestinations} unique destinations`;
  }
  return all.some(({ region, registryId }) => region === own.region && registryId === own.account)
    ? 'Replication destination cannot be the same as the source registry'
    : undefined;
};

/** The registries that images of the repository are copied to, each once. */
export const destinationsOf = (
  repositoryName: string,
  rules: readonly ReplicationRule[] = [],
): readonly Destination[] => {
  const matching = rules.filter(
    ({ repositoryFilters = [] }) =>
      repositoryFilters.length === 0 || repositoryFilters.some(({ filter }) => repositoryName.startsWith(filter)),
  );
  const byName = new Map(
    matching
      .flatMap(({ destinations }) => destinations)
      .map(({ region, registryId }) => [`${registryId}/${region}`, { region, account: registryId }]),
  );
  return [...byName.values()];
};
