/** ECR's exceptions with the sentences that ECR gives them: scripts match on the wording. */
import { AwsError } from '@oreno/aws-wire';

/** A repository as messages name it. */
export interface Named {
  readonly account: string;
  readonly repositoryName: string;
}

/** An image as callers identify it: by digest, by tag or by both. */
export interface ImageId {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}

export const repositoryNotFoundMessage = ({ repositoryName, account }: Named): string =>
  `The repository with name '${repositoryName}' does not exist in the registry with id '${account}'`;

export const repositoryNotFound = (repository: Named): AwsError =>
  new AwsError('RepositoryNotFoundException', repositoryNotFoundMessage(repository));

export const repositoryAlreadyExists = ({ repositoryName, account }: Named): AwsError =>
  new AwsError(
    'RepositoryAlreadyExistsException',
    `The repository with name '${repositoryName}' already exists in the registry with id '${account}'`,
  );

export const repositoryNotEmpty = ({ repositoryName, account }: Named): AwsError =>
  new AwsError(
    'RepositoryNotEmptyException',
    `The repository with name '${repositoryName}' in registry with id '${account}' cannot be deleted because it still contains images`,
  );

/** An image as messages name it: ECR quotes the half that is absent too. */
export const describeImageId = ({ imageDigest = 'null', imageTag = 'null' }: ImageId): string =>
  `{imageDigest:'${imageDigest}', imageTag:'${imageTag}'}`;

export const imageNotFound = ({ repositoryName, account }: Named, id: ImageId): AwsError =>
  new AwsError(
    'ImageNotFoundException',
    `The image with imageId ${describeImageId(id)} does not exist within the repository with name '${repositoryName}' in the registry with id '${account}'`,
  );

export const scanNotFound = ({ repositoryName, account }: Named, id: ImageId): AwsError =>
  new AwsError(
    'ScanNotFoundException',
    `Image scan does not exist for the image with '${describeImageId(id)}' in the repository with name '${repositoryName}' in the registry with id '${account}'`,
  );

export const lifecyclePolicyNotFound = ({ repositoryName, account }: Named): AwsError =>
  new AwsError(
    'LifecyclePolicyNotFoundException',
    `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`,
  );

export const lifecyclePreviewNotFound = ({ repositoryName, account }: Named): AwsError =>
  new AwsError(
    'LifecyclePolicyPreviewNotFoundException',
    `Lifecycle policy preview does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`,
  );

export const repositoryPolicyNotFound = ({ repositoryName, account }: Named): AwsError =>
  new AwsError(
    'RepositoryPolicyNotFoundException',
    `Repository policy does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`,
  );

export const registryPolicyNotFound = (account: string): AwsError =>
  new AwsError(
    'RegistryPolicyNotFoundException',
    `Registry policy does not exist in the registry with id '${account}'`,
  );

export const signingConfigurationNotFound = (account: string): AwsError =>
  new AwsError(
    'SigningConfigurationNotFoundException',
    `Signing configuration does not exist in the registry with id '${account}'`,
  );

export const templateNotFound = (prefix: string, account: string): AwsError =>
  new AwsError(
    'TemplateNotFoundException',
    `The repository creation template with prefix '${prefix}' does not exist in the registry with id '${account}'`,
  );

export const uploadNotFound = ({ repositoryName, account }: Named, uploadId: string): AwsError =>
  new AwsError(
    'UploadNotFoundException',
    `The upload with id '${uploadId}' does not exist in the repository with name '${repositoryName}' in the registry with id '${account}'`,
  );

/** The form of ECR's own validation errors: which member, and which rule it breaks. */
export const invalidParameter = (member: string, rule: string): AwsError =>
  new AwsError('InvalidParameterException', `Invalid parameter at '${member}' failed to satisfy constraint: '${rule}'`);
