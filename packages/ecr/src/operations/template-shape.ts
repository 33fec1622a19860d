import type { ecr } from '@oreno/aws-wire';
import type { TemplateRecord } from '../registry-records.ts';

/** A template as the API shows it: what an update took away by an empty text is left out. */
export const toTemplate = ({
  account: _account,
  region: _region,
  ...template
}: TemplateRecord): ecr.RepositoryCreationTemplate => ({
  ...Object.fromEntries(Object.entries(template).filter(([, value]) => value !== '')),
  imageTagMutability: template.imageTagMutability ?? 'MUTABLE',
  encryptionConfiguration: template.encryptionConfiguration ?? { encryptionType: 'AES256' },
});
