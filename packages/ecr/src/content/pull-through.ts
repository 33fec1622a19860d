/**
 * Images of other registries, kept as they are pulled. A manifest is answered as soon as the upstream gives it; its
 * layers are fetched meanwhile, each once however many ask, and the image appears when all of it is here. A tag is asked
 * for upstream again after a day; what is kept is served when the upstream does not answer. An archived image stays in
 * the archive: asking for it answers what any archived image answers, until the upstream has another under its tag.
 */
import type { Caller } from '../caller.ts';
import type { EcrParts } from '../context.ts';
import { authorize } from '../access.ts';
import { parseDigest } from '../domain/digest.ts';
import { pulledThrough, type CacheAction } from '../domain/events.ts';
import { readManifest, type Manifest } from '../domain/manifest.ts';
import { throughRule } from '../domain/upstream.ts';
import { findRepository, layers } from '../records.ts';
import { upstreams, upstreamTags } from '../registry-records.ts';
import type { RepositoryRecord, Scope } from '../records.ts';
import { findImage } from './find-manifest.ts';
import { digestOf, hasDigest } from './hashes.ts';
import { findOrMakeRepository } from './make-repository.ts';
import type { PullThrough, ThroughManifest } from './pull-through-port.ts';
import { putImage } from './put-image.ts';
import {
  credentialsFor,
  fetchBlob,
  fetchManifest,
  UpstreamFailure,
  type UpstreamRepository,
} from './upstream-client.ts';

/** What is being brought from where. */
interface Attempt extends Scope {
  readonly repositoryName: string;
  readonly prefix: string;
  readonly url: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** How long a tag is believed, in milliseconds. */
const believedFor = 24 * 60 * 60 * 1000;

export const createPullThrough = (parts: EcrParts): PullThrough => {
  const { store, sessions, now, background, log } = parts;
  const fetching = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  const upstreamOf = async (
    { account, region }: Scope,
    repositoryName: string,
  ): Promise<UpstreamRepository | undefined> => {
    const rows = await store.read((tx) => tx.list(upstreams, { where: { account, region } }));
    const through = throughRule(
      repositoryName,
      rows.map(({ record }) => record),
    );
    const { rule, name } = through ?? {};
    return rule && name !== undefined
      ? { prefix: rule.prefix, url: rule.url, name, credentials: () => credentialsFor(parts, rule) }
      : undefined;
  };

  const repositoryFor = async (caller: Caller, repositoryName: string): Promise<RepositoryRecord> => {
    const wanted = { scope: caller, repositoryName, use: 'PULL_THROUGH_CACHE', onlyByTemplate: false } as const;
    const made = await store.update((tx) => findOrMakeRepository(tx, { ...wanted, now: now() }));
    if (made === undefined) throw new Error('a repository of a rule is made without a template');
    return made;
  };

  /** One fetch for all who ask. */
  const once = (key: string, work: () => Promise<void>): Promise<void> => {
    const running = fetching.get(key);
    if (running !== undefined) return running;
    const started = work().finally(() => fetching.delete(key));
    fetching.set(key, started);
    return started;
  };

  const bringBlob = (repository: RepositoryRecord, upstream: UpstreamRepository, text: string): Promise<void> =>
    once(`${repository.repositoryId}/${text}`, async () => {
      const { repositoryId } = repository;
      const digest = parseDigest(text);
      if (digest === undefined) throw new UpstreamFailure('absent', `${text} is not a digest`);
      if ((await store.read((tx) => tx.get(layers, { repositoryId, digest: text }))) !== undefined) return;
      await sessions.whole(repository, digest, { source: await fetchBlob(upstream, text, stopping.signal) });
    });

  /** Fetches all that a manifest names, its own images first, and makes it an image. */
  const bringImage = async (
    repository: RepositoryRecord,
    upstream: UpstreamRepository,
    { bytes, digest }: ThroughManifest,
    { manifest, text, tags }: { readonly manifest: Manifest; readonly text: string; readonly tags: readonly string[] },
  ): Promise<void> => {
    for (const child of manifest.children) {
      const found = await fetchManifest(upstream, child.digest);
      const through = { bytes: found.bytes, mediaType: child.mediaType, digest: child.digest };
      const reading = readManifest(found.bytes, child.mediaType);
      if (reading.kind === 'invalid') throw new UpstreamFailure('refused', `${child.digest}: ${reading.reason}`);
      await bringImage(repository, upstream, through, { ...reading, tags: [] });
    }
    for (const blob of manifest.blobs) await bringBlob(repository, upstream, blob.digest);
    const { repositoryName } = repository;
    const put = {
      scope: repository,
      repositoryName,
      manifest,
      text,
      size: bytes.byteLength,
      digest,
      tags,
      isPush: false,
    };
    const result = await putImage(parts, put, now());
    if (result.kind !== 'stored') throw new Error(`the image ${digest} could not be kept: ${result.kind}`);
    if (result.copies) parts.wakeReplication();
    if (result.scan) parts.wakeScans();
    for (const tag of tags) await markChecked(repository, tag);
  };

  /** Tells what came of bringing an image; answers and throws what the work does. */
  const telling = async <T>(
    { account, region, repositoryName, prefix, url, tag, digest }: Attempt,
    work: Promise<T>,
    isDone: boolean,
  ): Promise<T> => {
    const tell = (failure?: CacheAction['failure']): Promise<void> => {
      const event = pulledThrough({ account, region, repositoryName }, { rule: { prefix, url }, tag, digest, failure });
      return store.update((tx) => parts.writeEvents(tx, [event], now()));
    };
    try {
      const result = await work;
      if (isDone) await tell();
      return result;
    } catch (error) {
      if (error instanceof UpstreamFailure) await tell({ code: 'UnableToGetUpstreamImage', reason: error.message });
      throw error;
    }
  };

  const keptImage = (repository: RepositoryRecord, reference: string) => {
    const digest = parseDigest(reference);
    const wanted = digest ? { digest } : { tag: reference };
    return store.read((tx) => findImage(tx, repository.repositoryId, wanted));
  };

  const markChecked = (repository: RepositoryRecord, tag: string): Promise<unknown> =>
    store.update((tx) => tx.put(upstreamTags, { repositoryId: repository.repositoryId, tag, checkedAt: now() }));

  /** Whether what is kept answers, an archived image too: a pull does not take it out of the archive. */
  const isFresh = async (repository: RepositoryRecord, reference: string): Promise<boolean> => {
    if ((await keptImage(repository, reference)) === undefined) return false;
    if (parseDigest(reference) !== undefined) return true;
    const { repositoryId } = repository;
    const checked = await store.read((tx) => tx.get(upstreamTags, { repositoryId, tag: reference }));
    return checked !== undefined && now() - checked.record.checkedAt < believedFor;
  };

  /** Whether the upstream still has under a tag the image that is archived here. */
  const isArchivedStill = async (repository: RepositoryRecord, tag: string, digest: string): Promise<boolean> => {
    const kept = await keptImage(repository, digest);
    if (kept?.isArchived !== true) return false;
    if ((await keptImage(repository, tag))?.digest === digest) await markChecked(repository, tag);
    return true;
  };

  /** Asks the upstream; undefined where it does not answer and something is kept. */
  const ask = async (repository: RepositoryRecord, reference: string, fetched: ReturnType<typeof fetchManifest>) => {
    try {
      return await fetched;
    } catch (error) {
      const isAway = error instanceof UpstreamFailure && error.kind !== 'absent';
      if (!isAway || (await keptImage(repository, reference)) === undefined) throw error;
      log('warn', 'registry: an upstream does not answer; what is kept is served', { error: error.message });
      return undefined;
    }
  };

  return {
    manifest: async (caller, repositoryName, reference) => {
      const upstream = await upstreamOf(caller, repositoryName);
      if (upstream === undefined) return undefined;
      await authorize(parts, caller, 'ecr:BatchGetImage', repositoryName);
      const existing = await store.read((tx) => findRepository(tx, caller, repositoryName));
      if (existing !== undefined && (await isFresh(existing, reference))) return undefined;
      for (const action of ['ecr:BatchImportUpstreamImage', ...(existing ? [] : ['ecr:CreateRepository'])]) {
        await authorize(parts, caller, action, repositoryName);
      }
      const asked = parseDigest(reference);
      const { account, region } = caller;
      const { prefix, url } = upstream;
      const tag = asked === undefined ? reference : undefined;
      const named = { account, region, repositoryName, prefix, url, tag, digest: asked?.text };
      // A name that the upstream does not have makes no repository here.
      const fetched = telling(named, fetchManifest(upstream, reference), false);
      const found = await (existing === undefined ? fetched : ask(existing, reference, fetched));
      if (found === undefined) return undefined;
      const { bytes, mediaType } = found;
      if (asked !== undefined && !hasDigest(bytes, asked)) {
        throw new UpstreamFailure('refused', `${upstream.url} answered another manifest than ${reference}`);
      }
      const reading = readManifest(bytes, mediaType);
      if (reading.kind === 'invalid') throw new UpstreamFailure('refused', `${upstream.url}: ${reading.reason}`);
      const repository = existing ?? (await repositoryFor(caller, repositoryName));
      const digest = asked?.text ?? digestOf('sha256', bytes);
      if (asked === undefined && (await isArchivedStill(repository, reference, digest))) return undefined;
      const through = { bytes, mediaType: reading.manifest.mediaType, digest };
      const tags = asked === undefined ? [reference] : [];
      const key = `${repository.repositoryId}/${reference}/image`;
      const bring = () => bringImage(repository, upstream, through, { ...reading, tags });
      background(once(key, () => telling({ ...named, digest }, bring(), true)));
      return through;
    },
    blob: async (caller, repositoryName, digest) => {
      const upstream = await upstreamOf(caller, repositoryName);
      if (upstream === undefined) return;
      await authorize(parts, caller, 'ecr:GetDownloadUrlForLayer', repositoryName);
      const repository = await store.read((tx) => findRepository(tx, caller, repositoryName));
      if (repository !== undefined) await bringBlob(repository, upstream, digest);
    },
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(fetching.values());
    },
  };
};
