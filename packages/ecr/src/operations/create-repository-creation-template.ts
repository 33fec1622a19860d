import { AwsError, type Handler, type ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { checkTemplate } from '../domain/repository-template.ts';
import { templates } from '../registry-records.ts';
import type { TemplateRecord } from '../registry-records.ts';
import { toTemplate } from './template-shape.ts';

export const CreateRepositoryCreationTemplate: Handler<
  ecr.Operations,
  'CreateRepositoryCreationTemplate',
  EcrContext
> = async (input, { store, account, region, now }) => {
  checkTemplate(input, { account, region });
  const createdAt = now();
  const record: TemplateRecord = { account, region, ...input, createdAt, updatedAt: createdAt };
  if ((await store.update((tx) => tx.insert(templates, record))) === 'exists') {
    throw new AwsError(
      'TemplateAlreadyExistsException',
      `The repository creation template with prefix '${input.prefix}' already exists in the registry with id '${account}'`,
    );
  }
  return { registryId: account, repositoryCreationTemplate: toTemplate(record) };
};
