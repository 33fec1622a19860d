/** `GET /v2/<name>/tags/list`: the tags of a repository in byte order, by pages. */
import { tags } from '../records.ts';
import { answerJson, openRepository } from './call.ts';
import type { Call } from './call.ts';
import { linkTo, readPage } from './paging.ts';

export const getTags = async (call: Call, { name }: { readonly name: string }): Promise<void> => {
  const { repositoryId } = await openRepository(call, name, 'ListImages');
  const { limit, last } = readPage(call.query);
  const after = last === undefined ? undefined : { repositoryId, tag: last };
  const rows =
    limit === 0
      ? []
      : await call.parts.store.read((tx) => tx.list(tags, { where: { repositoryId }, after, limit: limit + 1 }));
  const page = rows.slice(0, limit).map(({ record }) => record.tag);
  const next = rows.length > limit ? page.at(-1) : undefined;
  answerJson(call, 200, { name, tags: page }, linkTo(`/v2/${name}/tags/list`, call.query, next));
};
