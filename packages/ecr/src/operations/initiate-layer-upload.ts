import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { partSize } from './layer-upload-faults.ts';
import { repositoryOf } from './repository.ts';

export const InitiateLayerUpload: Handler<ecr.Operations, 'InitiateLayerUpload', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'InitiateLayerUpload');
  return { uploadId: await context.sessions.begin(repository, 'sha256'), partSize };
};
