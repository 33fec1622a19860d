import { AwsError, type Handler, type ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';

/** Signatures are made by AWS Signer, which is not here: no profile that a rule could name exists. */
export const PutSigningConfiguration: Handler<ecr.Operations, 'PutSigningConfiguration', EcrContext> = async ({
  signingConfiguration: { rules },
}) => {
  const profile = rules[0]?.signingProfileArn ?? '';
  throw new AwsError(
    'ValidationException',
    `The signing profile ${profile} does not exist: AWS Signer is not available here.`,
  );
};
