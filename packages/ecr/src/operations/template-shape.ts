import type { ecr } from '@oreno/aws-wire';
import type { TemplateRecord } from '../records.ts';

/** A template as the API shows it. */
export const toTemplate = ({
  account: _account,
  region: _region,
  ...template
}: TemplateRecord): ecr.RepositoryCreationTemplate => ({
  ...template,
  imageTagMutability: template.imageTagMutability ?? 'MUTABLE',
});
