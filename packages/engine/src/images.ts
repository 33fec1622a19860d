/** The image calls of the Engine API. */
import type { ImageInspect, ImageSummary, RegistryAuth } from './engine-types.ts';
import { EngineError } from './engine-error.ts';
import type { ImageCalls } from './engine.ts';
import { splitReference } from './image-reference.ts';
import { runWithProgress } from './progress.ts';
import type { Transport } from './transport.ts';

const TAR = { 'content-type': 'application/x-tar' };

// Names keep their slashes in the path: the engine matches `/images/{name:.*}/json`.
const pathOf = (reference: string) => `/images/${encodeURI(reference)}`;

export function imageCalls(transport: Transport): ImageCalls {
  return {
    async pull(reference, options) {
      const { repository, tag } = splitReference(reference);
      let digest: string | undefined;
      await runWithProgress(
        transport,
        {
          method: 'POST',
          path: '/images/create',
          query: { fromImage: repository, tag: tag ?? 'latest' },
          headers: options?.auth ? { 'x-registry-auth': authHeader(options.auth) } : {},
          operation: 'pull image',
          subject: reference,
        },
        options,
        (message) => {
          const found = /^Digest: (sha256:[0-9a-f]{64})/.exec(message.status ?? '');
          if (found) digest = found[1];
        },
      );
      return digest;
    },
    async push(reference, options) {
      const { repository, tag } = splitReference(reference);
      let digest: string | undefined;
      await runWithProgress(
        transport,
        {
          method: 'POST',
          path: `${pathOf(repository)}/push`,
          query: { tag },
          headers: { 'x-registry-auth': authHeader(options.auth) },
          operation: 'push image',
          subject: reference,
        },
        options,
        (message) => {
          const pushed = message.aux?.['Digest'];
          if (typeof pushed === 'string') digest = pushed;
        },
      );
      return digest;
    },
    inspect: (reference, options) =>
      transport.json<ImageInspect>({
        method: 'GET',
        path: `${pathOf(reference)}/json`,
        operation: 'inspect image',
        subject: reference,
        ...options,
      }),
    list: (query, options) =>
      transport.json<ImageSummary[]>({
        method: 'GET',
        path: '/images/json',
        query: { filters: query?.filters && JSON.stringify(query.filters) },
        operation: 'list images',
        ...options,
      }),
    remove: (reference, how, options) =>
      transport.empty({
        method: 'DELETE',
        path: pathOf(reference),
        query: { force: how?.force, noprune: how?.noprune },
        operation: 'remove image',
        subject: reference,
        timeoutMs: 600_000,
        ...options,
      }),
    tag: (reference, repository, tag, options) =>
      transport.empty({
        method: 'POST',
        path: `${pathOf(reference)}/tag`,
        query: { repo: repository, tag },
        operation: 'tag image',
        subject: reference,
        ...options,
      }),
    load: (tar, options) =>
      runWithProgress(
        transport,
        {
          method: 'POST',
          path: '/images/load',
          query: { quiet: true },
          body: tar,
          headers: TAR,
          operation: 'load images',
        },
        options,
      ),
    async importTar(tar, target, options) {
      const reference = `${target.repository}:${target.tag}`;
      let id: string | undefined;
      await runWithProgress(
        transport,
        {
          method: 'POST',
          path: '/images/create',
          query: { fromSrc: '-', repo: target.repository, tag: target.tag, changes: target.changes },
          body: tar,
          headers: TAR,
          operation: 'import image',
          subject: reference,
        },
        options,
        (message) => {
          if (message.status?.startsWith('sha256:')) id = message.status;
        },
      );
      if (id === undefined)
        throw new EngineError('response', 500, 'the engine named no image', 'import image', reference);
      return id;
    },
    build: (tar, query, options) =>
      runWithProgress(
        transport,
        {
          method: 'POST',
          path: '/build',
          query: {
            t: query.tag,
            dockerfile: query.dockerfile,
            labels: query.labels && JSON.stringify(query.labels),
            buildargs: query.buildArgs && JSON.stringify(query.buildArgs),
            forcerm: true,
          },
          body: tar,
          headers: TAR,
          operation: 'build image',
          subject: query.tag,
        },
        options,
      ),
  };
}

/** URL-safe base 64 with its padding: engines before 23 take a header without it for no credentials at all. */
export const authHeader = (auth: RegistryAuth): string =>
  Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
