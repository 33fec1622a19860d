import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { templateNotFound } from '../domain/exceptions.ts';
import { templates } from '../registry-records.ts';
import { toTemplate } from './template-shape.ts';

export const DeleteRepositoryCreationTemplate: Handler<
  ecr.Operations,
  'DeleteRepositoryCreationTemplate',
  EcrContext
> = async ({ prefix }, { store, account, region }) =>
  store.update(async (tx) => {
    const key = { account, region, prefix };
    const record = (await tx.get(templates, key))?.record;
    if (record === undefined) throw templateNotFound(prefix, account);
    await tx.delete(templates, key);
    return { registryId: account, repositoryCreationTemplate: toTemplate(record) };
  });
