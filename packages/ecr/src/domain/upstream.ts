/**
 * Registries that are pulled through (Amazon ECR user guide, "Sync an upstream registry with an Amazon ECR private
 * registry"). Beside those that ECR knows, any registry of the OCI distribution protocol can be named here. Pure.
 */
import type { ecr } from '@oreno/aws-wire';

/** ROOT stands for no prefix at all. */
const root = 'ROOT';

const kinds: readonly (readonly [RegExp, ecr.UpstreamRegistry])[] = [
  [/^registry-1\.docker\.io$/, 'docker-hub'],
  [/^public\.ecr\.aws$/, 'ecr-public'],
  [/^quay\.io$/, 'quay'],
  [/^registry\.k8s\.io$/, 'k8s'],
  [/^ghcr\.io$/, 'github-container-registry'],
  [/^[a-z0-9]+\.azurecr\.io$/, 'azure-container-registry'],
  [/^registry\.gitlab\.com$/, 'gitlab-container-registry'],
  [/^cgr\.dev$/, 'chainguard'],
  [/^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com$/, 'ecr'],
];

/** What ECR calls the registry behind a host; undefined for one that it does not know. */
export const kindOfUpstream = (url: string): ecr.UpstreamRegistry | undefined =>
  kinds.find(([host]) => host.test(url))?.[1];

/** Scheme, host and port; undefined for what is no registry's address. Without a scheme it is https. */
export const originOfUpstream = (url: string): string | undefined => {
  const match = /^(?:(https?):\/\/)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?)\/?$/i.exec(url);
  return match === null ? undefined : `${match[1]?.toLowerCase() ?? 'https'}://${match[2]}`;
};

interface Rule {
  readonly prefix: string;
  readonly url: string;
  readonly upstreamPrefix?: string | undefined;
}

/** The rule that a repository's name is under, with its name there; the longest prefix wins. */
export const throughRule = <R extends Rule>(
  repositoryName: string,
  rules: readonly R[],
): { readonly rule: R; readonly name: string } | undefined => {
  const lengthOf = ({ prefix }: R): number => (prefix === root ? 0 : prefix.length + 1);
  const rule = rules
    .filter(({ prefix }) => prefix === root || repositoryName.startsWith(`${prefix}/`))
    .toSorted((left, right) => lengthOf(right) - lengthOf(left))[0];
  if (rule === undefined) return undefined;
  const rest = repositoryName.slice(lengthOf(rule));
  const { upstreamPrefix = root } = rule;
  const path = upstreamPrefix === root ? rest : `${upstreamPrefix}/${rest}`;
  // Docker Hub's own images are in a namespace that nobody writes.
  const name = kindOfUpstream(rule.url) === 'docker-hub' && !path.includes('/') ? `library/${path}` : path;
  return { rule, name };
};

/** How an upstream wants its caller to authenticate. */
export type Challenge =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: string; readonly query: string };

/** What a `Www-Authenticate` header asks for; undefined for what no registry asks. */
export const readChallenge = (header: string | null): Challenge | undefined => {
  if (/^basic\b/i.test(header ?? '')) return { kind: 'basic' };
  const parameters = new Map(
    [...(header ?? '').matchAll(/([a-z]+)="([^"]*)"/gi)].map((match) => [match[1]?.toLowerCase(), match[2] ?? '']),
  );
  const realm = parameters.get('realm');
  if (!/^bearer\s/i.test(header ?? '') || realm === undefined || !URL.canParse(realm)) return undefined;
  const query = new URLSearchParams();
  for (const name of ['service', 'scope']) {
    const value = parameters.get(name);
    if (value !== undefined) query.set(name, value);
  }
  return { kind: 'bearer', realm, query: query.toString() };
};
