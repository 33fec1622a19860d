import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { templateNotFound } from '../domain/exceptions.ts';
import { checkTemplate } from '../domain/repository-template.ts';
import { templates } from '../registry-records.ts';
import type { TemplateRecord } from '../registry-records.ts';
import { toTemplate } from './template-shape.ts';

/** Changes what the request names; repositories that were made already stay as they are. */
export const UpdateRepositoryCreationTemplate: Handler<
  ecr.Operations,
  'UpdateRepositoryCreationTemplate',
  EcrContext
> = async (input, { store, account, region, now }) => {
  const { prefix } = input;
  const record = await store.update(async (tx) => {
    const before = (await tx.get(templates, { account, region, prefix }))?.record;
    if (before === undefined) throw templateNotFound(prefix, account);
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    const after: TemplateRecord = { ...before, ...given, updatedAt: now() };
    checkTemplate(after, { account, region });
    await tx.put(templates, after);
    return after;
  });
  return { registryId: account, repositoryCreationTemplate: toTemplate(record) };
};
